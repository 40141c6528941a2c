using System.ComponentModel;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Auth.Kubernetes;

internal sealed record KubernetesConfigRequest
{
    [Description("The API server: an address, or a host with or without a port.")]
    [AuditPlain]
    public string? KubernetesHost { get; init; }

    [Description("Authorities (PEM) that the API server is trusted by; if not given, those of the pod that the server runs in.")]
    [AuditPlain]
    public string? KubernetesCaCert { get; init; }

    [Description("Token of an account that may review tokens; if not given, that of the server's own pod for the pod's own cluster, and otherwise the caller's.")]
    public SecretText? TokenReviewerJwt { get; init; }

    [Description("The cluster's public keys or certificates in PEM. Tokens must then be signed by one of them, whoever judges them further.")]
    [AuditPlain]
    public IReadOnlyList<string>? PemKeys { get; init; }

    [Description("What tokens must say in \"iss\" when that is looked at; kubernetes/serviceaccount if not given.")]
    [AuditPlain]
    public string? Issuer { get; init; }

    [Description("Do not look at \"iss\" of tokens that the API server reviews, which does so itself; true if not given.")]
    [AuditPlain]
    public bool? DisableIssValidation { get; init; }

    [Description("Use neither authorities nor token of the server's own pod.")]
    [AuditPlain]
    public bool DisableLocalCaJwt { get; init; }

    [Description(
        "\"review\": the API server judges each token (default); \"local\": the cluster's keys do, without a round trip, and deleted pods and accounts go "
        + "unnoticed until their tokens end.")]
    [AuditPlain]
    public string? TokenVerification { get; init; }

    public KubernetesConfig ToConfig() => new()
    {
        KubernetesHost = KubernetesHost ?? "",
        KubernetesCaCert = KubernetesCaCert ?? "",
        // Files end with a line's end.
        TokenReviewerJwt = new SecretText(TokenReviewerJwt is null ? [] : TokenReviewerJwt.Utf8.Trim(" \t\r\n"u8)),
        PemKeys = PemKeys ?? [],
        Issuer = Issuer ?? "",
        DisableIssValidation = DisableIssValidation ?? true,
        DisableLocalCaJwt = DisableLocalCaJwt,
        TokenVerification = TokenVerification ?? KubernetesConfig.Review,
    };
}

internal sealed record KubernetesConfigResponse
{
    [AuditPlain]
    public required string KubernetesHost { get; init; }

    [AuditPlain]
    public required string KubernetesCaCert { get; init; }

    [Description("Whether there is a token_reviewer_jwt, which is never shown.")]
    [AuditPlain]
    public required bool TokenReviewerJwtSet { get; init; }

    [AuditPlain]
    public required IReadOnlyList<string> PemKeys { get; init; }

    [AuditPlain]
    public required string Issuer { get; init; }

    [AuditPlain]
    public required bool DisableIssValidation { get; init; }

    [AuditPlain]
    public required bool DisableLocalCaJwt { get; init; }

    [AuditPlain]
    public required string TokenVerification { get; init; }
}

/// <summary><c>config</c>: which cluster's accounts log in, and how their tokens are judged.</summary>
internal sealed class KubernetesConfigRoutes(Clusters clusters)
{
    public static async ValueTask<Outcome<KubernetesConfigResponse>> ReadAsync(
        Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        if (await KubernetesStore.ReadConfigAsync(context.Storage, cancellationToken) is not { Record: var config })
            return Failure.NotFound();
        return new KubernetesConfigResponse
        {
            KubernetesHost = config.KubernetesHost,
            KubernetesCaCert = config.KubernetesCaCert,
            TokenReviewerJwtSet = !config.TokenReviewerJwt.Utf8.IsEmpty,
            PemKeys = config.PemKeys,
            Issuer = config.Issuer,
            DisableIssValidation = config.DisableIssValidation,
            DisableLocalCaJwt = config.DisableLocalCaJwt,
            TokenVerification = config.TokenVerification,
        };
    }

    public async ValueTask<Outcome<Nothing>> WriteAsync(KubernetesConfigRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var config = request.ToConfig();
        if (config.Check(clusters.InPod) is { } bad)
            return bad;
        if (!config.IsLocal && config.TokenReviewerJwt.Utf8.IsEmpty && !clusters.PodAsks(config))
            context.Warn("each caller's own token asks for its review, so its account needs the right to create tokenreviews: give a token_reviewer_jwt to have one account ask");
        if (config.IsLocal && await clusters.Try(config).Keys.ProbeAsync(cancellationToken) is { } problem)
            context.Warn($"the cluster's keys cannot be fetched now, and nobody can log in until they can: {problem.Message}");
        return await Records.PutAsync(context, KubernetesStore.Config, KubernetesStoredJson.Default.KubernetesConfig, config, cancellationToken);
    }
}
