namespace Kist.Wire.Kubernetes.Credentials;

/// <summary>
/// A token in a file that others renew, as kubelets do for pods: read again once a minute, and at once when the server refuses it. While the file
/// cannot be read, the last token serves on.
/// </summary>
public sealed class TokenFileCredentials(string path, TimeProvider time) : IKubeCredentials
{
    /// <summary>How long a token is used before the file is read again.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Lock mutex = new();
    private KubeCredential? current;
    private long readAt;

    /// <inheritdoc/>
    public bool CanRenew => true;

    /// <inheritdoc/>
    public ValueTask<KubeCredential> GetAsync(KubeCredentialRequest request, CancellationToken cancellationToken)
    {
        lock (mutex)
        {
            if (current is null || request.Renew || time.GetElapsedTime(readAt) >= Lifetime)
                Read();
            return new ValueTask<KubeCredential>(current!);
        }
    }

    private void Read()
    {
        try
        {
            var token = File.ReadAllText(path).Trim();
            if (token.Length > 0)
                current = KubeCredential.Bearer(token);
            else if (current is null)
                throw new KubeException(KubeError.Credentials, $"the token file {path} is empty");
            readAt = time.GetTimestamp();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (current is null)
                throw new KubeException(KubeError.Credentials, $"cannot read the token file {path}: {e.Message}", e);
        }
        catch (FormatException)
        {
            // The message quotes the token.
            throw new KubeException(KubeError.Credentials, $"the token file {path} does not hold a token");
        }
    }
}
