using System.Text.Json.Serialization;
using Kist.Auth.Keys;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Auth.Kubernetes;

/// <summary>The settings of a mount: which cluster's accounts log in, and how their tokens are judged. Stored as JSON.</summary>
internal sealed record KubernetesConfig
{
    /// <summary>The API server judges tokens.</summary>
    public const string Review = "review";

    /// <summary>The cluster's keys judge tokens, here.</summary>
    public const string Local = "local";

    /// <summary>The issuer of clusters before 1.21.</summary>
    public const string FormerIssuer = "kubernetes/serviceaccount";

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The API server: an address, or a host with or without a port.</summary>
    public string KubernetesHost { get; init; } = "";

    /// <summary>Authorities that it is trusted by, in PEM; empty for the pod's own, or the system's.</summary>
    public string KubernetesCaCert { get; init; } = "";

    /// <summary>Who asks for reviews; empty for the pod's own account, or the caller.</summary>
    [JsonConverter(typeof(StoredSecretConverter))]
    public SecretText TokenReviewerJwt { get; init; } = new("");

    /// <summary>Public keys of the cluster in PEM; empty for what the API server publishes, or none.</summary>
    public IReadOnlyList<string> PemKeys { get; init; } = [];

    /// <summary>What tokens must say who issued them; empty for the former name.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Reviewed tokens may say anything of who issued them: the API server has looked.</summary>
    public bool DisableIssValidation { get; init; } = true;

    /// <summary>Nothing of the pod's own is used.</summary>
    public bool DisableLocalCaJwt { get; init; }

    /// <summary><see cref="Review"/> or <see cref="Local"/>.</summary>
    public string TokenVerification { get; init; } = Review;

    /// <summary>Whether the cluster's keys judge tokens.</summary>
    [JsonIgnore]
    public bool IsLocal => TokenVerification == Local;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    /// <param name="inPod">The server runs in a pod, whose files can be used.</param>
    public Failure? Check(bool inPod)
    {
        if (ClusterAddress.TryParse(KubernetesHost, out var bad) is null)
            return Invalid($"field \"kubernetes_host\": {bad}");
        if (TokenVerification is not (Review or Local))
            return Invalid($"field \"token_verification\": must be {Review} or {Local}");
        if (IsLocal && Issuer.Length == 0)
            return Invalid("field \"issuer\": must be set when tokens are verified locally; see .well-known/openid-configuration of the cluster");
        if (KubernetesCaCert.Length > 0 && PublishedKeys.TryReadAuthorities(KubernetesCaCert) is null)
            return Invalid("field \"kubernetes_ca_cert\": there is no certificate in PEM");
        if (KubernetesCaCert.Length == 0 && PemKeys.Count == 0 && (DisableLocalCaJwt || !inPod))
            return Invalid("one of \"kubernetes_ca_cert\" and \"pem_keys\" must be set where the server does not use files of a pod of its own");
        if (TokenReviewerJwt.Utf8.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            return Invalid("field \"token_reviewer_jwt\": is no token");
        return Keys.GivenKeys.TryParse(PemKeys, out var fault) is null ? Invalid($"field \"pem_keys\": {fault}") : null;
    }

    /// <summary>The keys that were given; none when there are none.</summary>
    public KeySource? GivenKeys() => PemKeys.Count == 0 ? null : Keys.GivenKeys.TryParse(PemKeys, out _);

    private static Failure Invalid(string why) => Failure.Invalid("kubernetes.invalid_config", why);
}
