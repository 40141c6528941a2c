using System.Security.Cryptography.X509Certificates;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Wire.Kubernetes.Config;

/// <summary>Where an API server is, whom to trust, and who asks. See <see cref="KubeConfig"/> and <see cref="InClusterConfig"/>.</summary>
public sealed record KubeConnection
{
    /// <summary>The server's address.</summary>
    public required Uri Server { get; init; }

    /// <summary>Authorities to trust; null for those that the system trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The name that the server's certificate must bear, when it is not the address's; null when it is.</summary>
    public string? ServerName { get; init; }

    /// <summary>Accepts every certificate, as the kubeconfig asks for by <c>insecure-skip-tls-verify</c>.</summary>
    public bool TrustsAnyServer { get; init; }

    /// <summary>The proxy to the server; null for none.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The context's namespace.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Who asks.</summary>
    public IKubeCredentials Credentials { get; init; } = KubeCredential.None;

    /// <summary>The user to act as; null for oneself.</summary>
    public string? ImpersonatedUser { get; init; }

    /// <summary>The groups to act as.</summary>
    public IReadOnlyList<string> ImpersonatedGroups { get; init; } = [];

    internal void Apply(HttpRequestMessage message)
    {
        // The name in the certificate follows the request's host.
        if (ServerName is not null)
            message.Headers.Host = ServerName;
        if (ImpersonatedUser is null)
            return;
        message.Headers.TryAddWithoutValidation("Impersonate-User", ImpersonatedUser);
        foreach (var group in ImpersonatedGroups)
            message.Headers.TryAddWithoutValidation("Impersonate-Group", group);
    }
}
