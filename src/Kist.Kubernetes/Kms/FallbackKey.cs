using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms;

/// <summary>The key that wraps each local key a second time, for when the remote key is out. It follows its file, which may get another version.</summary>
internal sealed class FallbackKey(IRemoteKey key, IKmsObserver observer) : IDisposable
{
    private volatile string id = "";
    private volatile Failure? trouble;

    /// <summary>What wraps nothing: for keyrings without a fallback.</summary>
    public static WrappedKey None { get; } = new("", ReadOnlyMemory<byte>.Empty);

    /// <summary>False when its file could not be read the last time; null before it was looked at.</summary>
    public bool? IsUp => (trouble, id) switch
    {
        (not null, _) => false,
        (_, "") => null,
        _ => true,
    };

    /// <summary>Looks at the file. One that cannot be read leaves in force what was read before.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var version = await key.VersionAsync(cancellationToken);
        var was = trouble;
        trouble = version.Failure;
        if (!version.Succeeded)
        {
            observer.RemoteFailed("fallback", version.Failure);
            return;
        }
        id = version.Value;
        if (was is not null)
            observer.RemoteAnswers("fallback");
    }

    /// <summary>True when it has another version than the one with this id, as far as it has been read.</summary>
    public bool HasOther(string wrappedBy) => id.Length > 0 && wrappedBy != id;

    /// <summary>Wraps a local key.</summary>
    public ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes bytes, CancellationToken cancellationToken) => key.WrapAsync(bytes, cancellationToken);

    /// <summary>Unwraps a local key that it wrapped.</summary>
    public ValueTask<Outcome<SecretBytes>> UnwrapAsync(LocalKeyWrapping wrapping, CancellationToken cancellationToken) =>
        key.UnwrapAsync(wrapping.ByFallback, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();
}
