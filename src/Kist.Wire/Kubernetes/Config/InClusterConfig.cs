using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Wire.Kubernetes.Config;

/// <summary>What a pod finds in itself: its service account, and the API server's address in its environment.</summary>
public static class InClusterConfig
{
    /// <summary>Where kubelets mount the service account.</summary>
    public const string DefaultDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The connection of a pod; null when this is none.</summary>
    /// <param name="variable">Reads the environment.</param>
    /// <param name="directory">Where the service account is mounted.</param>
    /// <param name="time">Tells when to read the token again.</param>
    /// <exception cref="KubeException"><see cref="KubeError.Credentials"/>: this is a pod, but its files cannot be used.</exception>
    public static KubeConnection? TryLoad(Func<string, string?> variable, string directory, TimeProvider time)
    {
        var token = Path.Combine(directory, "token");
        if (variable("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host || variable("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port
            || !File.Exists(token))
        {
            return null;
        }
        var address = host.Contains(':', StringComparison.Ordinal) ? $"https://[{host}]:{port}" : $"https://{host}:{port}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var server))
            throw new KubeException(KubeError.Credentials, $"KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT give no address: {address}");
        var authority = Path.Combine(directory, "ca.crt");
        return new KubeConnection
        {
            Server = server,
            Authorities = KubePem.Authorities(KubeFile.Read(authority), authority),
            Namespace = File.Exists(Path.Combine(directory, "namespace")) ? KubeFile.Read(Path.Combine(directory, "namespace")).Trim() : "default",
            Credentials = new TokenFileCredentials(token, time),
        };
    }
}

/// <summary>Files that a connection needs.</summary>
internal static class KubeFile
{
    public static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeException(KubeError.Credentials, $"cannot read {path}: {e.Message}", e);
        }
    }
}
