using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms.KeyFiles;

/// <summary>A key file in the place of a remote key. It is read again with each question for the version, and keeps what it knew when that fails.</summary>
public sealed class KeyFileKey : IRemoteKey
{
    private readonly string path;
    private volatile KmsKeyFile file;

    private KeyFileKey(string path, KmsKeyFile file)
    {
        this.path = path;
        this.file = file;
    }

    /// <summary>Reads the file.</summary>
    public static Outcome<KeyFileKey> Open(string path)
    {
        var read = KmsKeyFile.Read(path);
        return read.Succeeded ? new KeyFileKey(path, read.Value) : read.Failure;
    }

    /// <inheritdoc/>
    public string Name => $"the key file {path}";

    /// <summary>The id of the version in use.</summary>
    public string KeyId => file.Used.KeyId;

    /// <inheritdoc/>
    public ValueTask<Outcome<string>> VersionAsync(CancellationToken cancellationToken)
    {
        // A file that is away or half written is an outage: what was read of it is still in memory.
        var reloaded = Reload();
        return ValueTask.FromResult<Outcome<string>>(reloaded.Succeeded ? file.Used.KeyId : RemoteFailures.Out(reloaded.Failure.Message));
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<WrappedKey>> WrapAsync(SecretBytes key, CancellationToken cancellationToken)
    {
        var version = file.Used;
        var wrapped = new byte[AeadKey.NonceBytes + key.Length + AeadKey.TagBytes];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, AeadKey.NonceBytes));
        version.Cipher.Encrypt(
            wrapped.AsSpan(0, AeadKey.NonceBytes),
            key.Span,
            wrapped.AsSpan(AeadKey.NonceBytes, key.Length),
            wrapped.AsSpan(AeadKey.NonceBytes + key.Length),
            KmsPurpose.KeyFile(version.KeyId));
        return ValueTask.FromResult<Outcome<WrappedKey>>(new WrappedKey(version.KeyId, wrapped));
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Unwrap(wrapped));

    /// <inheritdoc/>
    public Outcome<Nothing> Reload()
    {
        var read = KmsKeyFile.Read(path);
        if (!read.Succeeded)
            return read.Failure;
        if (read.Value.HasSameVersions(file))
            read.Value.Dispose();
        else
            // The old one is not disposed of: a call may be using it, and it is wiped once nothing refers to it.
            file = read.Value;
        return Outcome.Done;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private Outcome<SecretBytes> Unwrap(WrappedKey wrapped)
    {
        if (file.Versions.FirstOrDefault(v => v.KeyId == wrapped.KeyId) is not { } version)
            return RemoteFailures.NotOurs($"{Name} has no version with the id {wrapped.KeyId}");
        var bytes = wrapped.Ciphertext.Span;
        if (bytes.Length < AeadKey.NonceBytes + AeadKey.TagBytes)
            return RemoteFailures.NotOurs($"{Name} did not wrap this");
        Span<byte> key = stackalloc byte[Math.Min(bytes.Length - AeadKey.NonceBytes - AeadKey.TagBytes, AeadKey.KeyBytes)];
        if (key.Length != bytes.Length - AeadKey.NonceBytes - AeadKey.TagBytes)
            return RemoteFailures.NotOurs($"{Name} did not wrap this");
        try
        {
            return version.Cipher.TryDecrypt(
                bytes[..AeadKey.NonceBytes],
                bytes[AeadKey.NonceBytes..^AeadKey.TagBytes],
                bytes[^AeadKey.TagBytes..],
                key,
                KmsPurpose.KeyFile(version.KeyId))
                ? new SecretBytes(key)
                : RemoteFailures.NotOurs($"{Name} did not wrap this");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
