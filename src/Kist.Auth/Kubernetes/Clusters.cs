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
        var config = stored.Record;
        var usesPod = UsesPod(config);
        var authorities = Authorities(config, usesPod);
        // The pod's authorities change without a change of the settings.
        var stamp = config.KubernetesCaCert.Length > 0 ? "" : authorities;
        return clusters.Of(mount, stored.Revision, stamp, () => Make(config, authorities, usesPod));
    }

    /// <summary>A cluster for settings that are not stored yet.</summary>
    public Cluster Try(KubernetesConfig config)
    {
        var usesPod = UsesPod(config);
        return Make(config, Authorities(config, usesPod), usesPod);
    }

    private bool UsesPod(KubernetesConfig config) => !config.DisableLocalCaJwt && pod.Exist;

    private string Authorities(KubernetesConfig config, bool usesPod) =>
        config.KubernetesCaCert.Length > 0 || !usesPod ? config.KubernetesCaCert : pod.Authorities();

    private Cluster Make(KubernetesConfig config, string authorities, bool usesPod)
    {
        IKubeCredentials? reviewer = usesPod ? pod.Credentials : null;
        if (!config.TokenReviewerJwt.Utf8.IsEmpty)
            reviewer = KubeCredential.Bearer(config.TokenReviewerJwt.Reveal());
        return new Cluster(config, authorities, reviewer, clock);
    }
}
