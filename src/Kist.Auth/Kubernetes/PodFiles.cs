using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Auth.Kubernetes;

/// <summary>The service account of the pod that this server runs in, when it runs in one. Kubelets renew the files.</summary>
/// <param name="directory">Where they are mounted.</param>
/// <param name="clock">Tells when to read them again.</param>
internal sealed class PodFiles(string directory, TimeProvider clock)
{
    private readonly Lock gate = new();
    private string authorities = "";
    private long? readAt;

    /// <summary>Who the pod is.</summary>
    public IKubeCredentials Credentials { get; } = new TokenFileCredentials(Path.Combine(directory, "token"), clock);

    /// <summary>Whether there is a pod.</summary>
    public bool Exist => File.Exists(Path.Combine(directory, "token"));

    /// <summary>The cluster's authorities in PEM, at most a minute old; empty when they cannot be read, and then nobody is trusted.</summary>
    public string Authorities()
    {
        lock (gate)
        {
            if (readAt is { } last && clock.GetElapsedTime(last) < TokenFileCredentials.Lifetime)
                return authorities;
            try
            {
                authorities = File.ReadAllText(Path.Combine(directory, "ca.crt"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // While the file cannot be read, the last ones serve on.
            }
            readAt = clock.GetTimestamp();
            return authorities;
        }
    }
}
