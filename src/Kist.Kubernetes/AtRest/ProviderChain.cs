using System.Buffers;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Objects;

namespace Kist.Kubernetes.AtRest;

/// <summary>
/// How one resource is stored: its providers in the order in which the API server tries them. All threads may use it at once. Made by
/// <see cref="ProviderChains"/>, which owns the keys.
/// </summary>
public sealed class ProviderChain
{
    private readonly PrefixChain chain;

    internal ProviderChain(PrefixChain chain) => this.chain = chain;

    /// <summary>Decrypts as the API server does.</summary>
    /// <param name="key">The full key in etcd, which AES-GCM authenticates.</param>
    /// <param name="stored">The value in etcd.</param>
    /// <param name="plaintext">Takes the plaintext at its end; unchanged after a failure.</param>
    /// <param name="cancellationToken">Ends a call to a plugin.</param>
    /// <returns>
    /// Who read it, or the API server's words why nobody could. With aescbc, success does not say that the key was right or the value unchanged:
    /// <see cref="InspectAsync"/> looks further.
    /// </returns>
    public async ValueTask<Outcome<ReadResult>> ReadAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> stored, SecretBuffer plaintext, CancellationToken cancellationToken)
    {
        var attempt = await chain.ReadAsync(new StoredBody(key, stored), plaintext, cancellationToken);
        return attempt.Failures is { } failures ? AtRestFailures.Join(failures) : new ReadResult(attempt.Kind, attempt.KeyName, attempt.Stale);
    }

    /// <summary>What the API server would store: the first provider, its first key.</summary>
    public async ValueTask<Outcome<byte[]>> WriteAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        var output = new ArrayBufferWriter<byte>(plaintext.Length + 256);
        var written = await chain.WriteAsync(key, plaintext, output, cancellationToken);
        return written.Succeeded ? output.WrittenSpan.ToArray() : written.Failure;
    }

    /// <summary>
    /// What the value's prefixes alone tell, at no cost and without a plugin: whether it decrypts is not known, and a KMS v1 body's form neither. A
    /// KMS's envelope that cannot be taken apart is told as undecryptable.
    /// </summary>
    public Inspection Classify(ReadOnlyMemory<byte> stored)
    {
        var label = StoredLabel.Of(stored.Span);
        var found = chain.Find(stored);
        return found.Failures is { } failures
            ? Unread(null, stored, label, AtRestFailures.Join(failures))
            : new Inspection(ObjectStates.Of(found.Kind, found.Stale), Named(label, found.KeyName), found.Stale);
    }

    /// <summary>Decrypts, decodes, and compares the object with its key in etcd.</summary>
    /// <param name="name">What the key names; null when that is not known.</param>
    /// <param name="key">The full key in etcd.</param>
    /// <param name="stored">The value in etcd.</param>
    /// <param name="plaintext">Emptied, then filled with the plaintext that the result's fields point into. One buffer serves many values.</param>
    /// <param name="cancellationToken">Ends a call to a plugin.</param>
    public async ValueTask<Inspection> InspectAsync(
        StorageKey? name, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> stored, SecretBuffer plaintext, CancellationToken cancellationToken)
    {
        plaintext.Clear();
        var label = StoredLabel.Of(stored.Span);
        var read = await ReadAsync(key, stored, plaintext, cancellationToken);
        if (!read.Succeeded)
            return Unread(name, stored, label, read.Failure);
        label = Named(label, read.Value.KeyName);
        var parsed = StoredObject.Parse(plaintext.Written);
        if (!parsed.Succeeded)
            return new Inspection(ObjectState.Undecryptable, label, read.Value.Stale) { Failure = parsed.Failure };
        return new Inspection(read.Value.State, label, read.Value.Stale) { Object = parsed.Value, IsMoved = name?.Names(parsed.Value) == false };
    }

    // Plaintext is what is looked for: that the configuration cannot read it either makes it no less readable to whoever has the disk. A prefix that
    // was damaged is not plaintext, so the value must be an object.
    private static Inspection Unread(StorageKey? name, ReadOnlyMemory<byte> stored, StoredLabel label, Failure failure)
    {
        if (label.Kind == ProviderKind.Identity && StoredObject.Parse(stored.Span) is { Succeeded: true } parsed)
        {
            return new Inspection(ObjectState.Plaintext, label, StaleReasons.None)
            {
                Object = parsed.Value,
                IsMoved = name?.Names(parsed.Value) == false,
                Failure = AtRestFailures.UnreadPlaintext(failure),
            };
        }
        return new Inspection(ObjectState.Undecryptable, label, StaleReasons.None) { Failure = failure };
    }

    private static StoredLabel Named(StoredLabel label, string? keyName) => keyName is null ? label : label with { KeyName = keyName };
}
