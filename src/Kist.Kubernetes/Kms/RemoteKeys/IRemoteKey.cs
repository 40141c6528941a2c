using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>A local key as the remote key wrapped it.</summary>
/// <param name="KeyId">Names the version of the remote key that wrapped it.</param>
/// <param name="Ciphertext">What the remote key answered.</param>
public sealed record WrappedKey(string KeyId, ReadOnlyMemory<byte> Ciphertext);

/// <summary>
/// A key elsewhere that wraps local keys. Its failures are of two sorts: whoever does not answer, or not now, is out
/// (<see cref="RemoteFailures.IsOutage"/>); every other failure is a refusal, which somebody wanted. Safe for many threads.
/// </summary>
public interface IRemoteKey : IDisposable
{
    /// <summary>For log lines: <c>transit key "k8s" at https://kist.example.org:8200</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Names the version that wraps now: the same text from every node that asks, and after a restart; another one for another version, and for another
    /// key that took the first one's name. Not secret, at most 1024 bytes.
    /// </summary>
    ValueTask<Outcome<string>> VersionAsync(CancellationToken cancellationToken);

    /// <summary>Wraps under the current version.</summary>
    ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes key, CancellationToken cancellationToken);

    /// <summary>Unwraps what any version wrapped; the caller disposes of the key.</summary>
    ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken);

    /// <summary>Reads files (certificates, credentials, keys) again; on an error what was read before stays in force.</summary>
    Outcome<Nothing> Reload();
}
