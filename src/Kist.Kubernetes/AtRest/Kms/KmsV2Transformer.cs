using System.Buffers;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Bodies;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>The envelope of KMS v2: see <see cref="EncryptedObject"/>.</summary>
internal sealed class KmsV2Transformer(string name, IKmsDecrypter? plugin, DekSourceType writes) : ITransformer
{
    private readonly DataKeyCache cache = new();
    private readonly SemaphoreSlim renewing = new(1, 1);
    private volatile WriteKey? current;

    private string? CurrentKeyId => (plugin as IKmsKeyId)?.CurrentKeyId;

    public async ValueTask<ReadAttempt> ReadAsync(StoredBody stored, SecretBuffer plaintext, CancellationToken cancellationToken)
    {
        var parsed = EncryptedObject.Parse(stored.Body);
        if (!parsed.Succeeded)
            return ReadAttempt.Failed(parsed.Failure);
        var (key, failure) = await UnwrapAsync(parsed.Value, cancellationToken);
        failure ??= key!.Open(stored.Key.Span, parsed.Value.Data.Span, plaintext);
        return failure is null ? ReadAttempt.Done(Stale(parsed.Value)) : ReadAttempt.Failed(failure);
    }

    public async ValueTask<Outcome<Nothing>> WriteAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> plaintext, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var writeKey = await CurrentAsync(cancellationToken);
        if (!writeKey.Succeeded)
            return writeKey.Failure;
        var data = new ArrayBufferWriter<byte>(plaintext.Length + 128);
        writeKey.Value.Key.Seal(key.Span, plaintext.Span, data);
        new EncryptedObject { Wrapped = writeKey.Value.Wrapped, DekSource = writes, Data = data.WrittenMemory }.Write(output);
        return Outcome.Done;
    }

    public ReadAttempt Foresee(ReadOnlyMemory<byte> body)
    {
        var parsed = EncryptedObject.Parse(body);
        return parsed.Succeeded ? ReadAttempt.Done(Stale(parsed.Value)) : ReadAttempt.Failed(parsed.Failure);
    }

    public void Dispose()
    {
        current?.Key.Dispose();
        cache.Dispose();
        renewing.Dispose();
    }

    // Another wrapped seed with the same key id is no reason: each API server has its own.
    private StaleReasons Stale(EncryptedObject value)
    {
        var stale = value.DekSource == writes ? StaleReasons.None : StaleReasons.KmsDekSource;
        return CurrentKeyId is { } id && !string.Equals(id, value.Wrapped.KeyId, StringComparison.Ordinal) ? stale | StaleReasons.KmsKeyId : stale;
    }

    private async ValueTask<(IBodyCipher? Key, Failure? Failure)> UnwrapAsync(EncryptedObject value, CancellationToken cancellationToken)
    {
        var cacheName = DataKeyCache.NameOf(value);
        if (cache.Find(cacheName) is { } cached)
            return (cached, null);
        if (plugin is null)
            return (null, KmsFailures.NoPlugin(name));
        var unwrapped = await plugin.DecryptAsync(value.Wrapped, cancellationToken);
        if (!unwrapped.Succeeded)
            return (null, unwrapped.Failure with { Message = $"failed to decrypt DEK, error: {unwrapped.Failure.Message}" });
        using var bytes = unwrapped.Value;
        var made = DataKeys.From(value.DekSource, bytes);
        if (made.Cipher is { } key)
            cache.Add(cacheName, key);
        return made;
    }

    private async ValueTask<Outcome<WriteKey>> CurrentAsync(CancellationToken cancellationToken)
    {
        if (IsCurrent(current))
            return current!;
        await renewing.WaitAsync(cancellationToken);
        try
        {
            if (IsCurrent(current))
                return current!;
            var made = await MakeAsync(cancellationToken);
            if (made.Succeeded)
                current = made.Value;
            return made;
        }
        finally
        {
            renewing.Release();
        }
    }

    private bool IsCurrent(WriteKey? key) =>
        key is not null && (CurrentKeyId is not { } id || string.Equals(id, key.Wrapped.KeyId, StringComparison.Ordinal));

    private async ValueTask<Outcome<WriteKey>> MakeAsync(CancellationToken cancellationToken)
    {
        if (plugin is not IKmsEncrypter encrypter)
            return KmsFailures.CannotEncrypt(name);
        using var bytes = SecretBytes.Random(DataKeys.NewKeyBytes);
        var wrapped = await encrypter.EncryptAsync(bytes, cancellationToken);
        if (!wrapped.Succeeded)
            return wrapped.Failure with { Message = $"failed to encrypt DEK, error: {wrapped.Failure.Message}" };
        if (EncryptedObjectRules.CheckWrapped(wrapped.Value) is { } fault)
            return fault;
        // What another key wrapped would be stale as soon as it is stored. The key in use stays, for when the plugin is of one mind again.
        if (CurrentKeyId is { } id && !string.Equals(id, wrapped.Value.KeyId, StringComparison.Ordinal))
            return KmsFailures.OtherKey(id, wrapped.Value.KeyId);
        return new WriteKey(DataKeys.From(writes, bytes).Cipher!, wrapped.Value);
    }

    private sealed record WriteKey(IBodyCipher Key, KmsCiphertext Wrapped);
}
