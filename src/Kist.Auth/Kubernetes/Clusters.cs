using System.Security.Cryptography.X509Certificates;
using Kist.Auth.Keys;
using Kist.Core.Barrier;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Auth.Kubernetes;

/// <summary>The cluster of each mount.</summary>
internal sealed class Clusters(PodFiles pod, TimeProvider clock)
{
    private readonly PerMount<Cluster> clusters = new();

    /// <summary>Whether this server runs in a pod.</summary>
    public bool InPod => pod.Exist;

    /// <summary>The cluster that the settings name.</summary>
    public Cluster Of(StorageView mount, StoredRecord<KubernetesConfig> stored)
    {
        var podAuthorities = PodAuthorities(stored.Record);
        // They change without a change of the settings.
        return clusters.Of(mount, stored.Revision, podAuthorities ?? "", () => Make(stored.Record, podAuthorities));
    }

    /// <summary>A cluster for settings that are not stored yet.</summary>
    public Cluster Try(KubernetesConfig config) => Make(config, PodAuthorities(config));

    /// <summary>
    /// Whether the token of the server's own pod asks for reviews. It is sent to no other cluster than the pod's: to an API server that the pod's authorities
    /// vouch for, and over TLS. Whoever may write a mount's settings could else have it sent to a server of their own.
    /// </summary>
    public bool PodAsks(KubernetesConfig config) => config.TokenReviewerJwt.Utf8.IsEmpty && IsOfPod(config, PodAuthorities(config));

    // Null where nothing of a pod is used.
    private string? PodAuthorities(KubernetesConfig config) => !config.DisableLocalCaJwt && pod.Exist ? pod.Authorities() : null;

    private Cluster Make(KubernetesConfig config, string? podAuthorities)
    {
        IKubeCredentials? reviewer = IsOfPod(config, podAuthorities) ? pod.Credentials : null;
        if (!config.TokenReviewerJwt.Utf8.IsEmpty)
            reviewer = KubeCredential.Bearer(config.TokenReviewerJwt.Reveal());
        return new Cluster(config, Authorities(config, podAuthorities), reviewer, clock);
    }

    // What cannot be read vouches for nobody: the system's authorities take the place of none that an operator has named.
    private static X509Certificate2Collection? Authorities(KubernetesConfig config, string? podAuthorities)
    {
        if (config.KubernetesCaCert.Length > 0)
            return PublishedKeys.TryReadAuthorities(config.KubernetesCaCert) ?? [];
        return podAuthorities is null ? null : PublishedKeys.TryReadAuthorities(podAuthorities) ?? [];
    }

    private static bool IsOfPod(KubernetesConfig config, string? podAuthorities)
    {
        if (podAuthorities is null || ClusterAddress.TryParse(config.KubernetesHost, out _)?.Scheme != Uri.UriSchemeHttps)
            return false;
        if (config.KubernetesCaCert.Length == 0)
            return true;
        var known = PublishedKeys.TryReadAuthorities(podAuthorities) ?? [];
        // Byte by byte: two certificates count as equal for the library when issuer and number are.
        return (PublishedKeys.TryReadAuthorities(config.KubernetesCaCert) ?? [])
            .All(given => known.Any(k => k.RawDataMemory.Span.SequenceEqual(given.RawDataMemory.Span)));
    }
}
