using System.Collections.Concurrent;
using System.Threading.Channels;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms;

/// <summary>
/// The local keys: the one that encrypts, made anew when the remote key has another version or when it is old, and those that were unwrapped to
/// decrypt. It asks the remote key again and again, so that a rotation, an outage and a refusal are known before anybody is kept waiting.
/// </summary>
internal sealed class LocalKeyring(
    IRemoteKey remote, FallbackKey? fallback, KmsPluginOptions options, TimeProvider time, KmsMetrics metrics, IKmsObserver observer) : IDisposable
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    private readonly LocalKeyCache cache = new(options.CachedKeys);
    private readonly ConcurrentDictionary<string, Lazy<Task<Outcome<LocalKey>>>> unwrapping = new(StringComparer.Ordinal);
    private readonly Channel<bool> nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim polling = new(1);
    private readonly CancellationTokenSource disposal = new();
    private volatile RingState state = RingState.Initial;
    private KmsCondition told = KmsCondition.Starting;

    /// <summary>How it stands.</summary>
    public KmsReport Report()
    {
        var now = state;
        var condition = now.Condition;
        return new KmsReport(
            condition,
            KmsPurpose.Hash(now.Key?.Wrapping.KeyId ?? ""),
            condition switch
            {
                KmsCondition.Serving => "",
                KmsCondition.Refused => now.Refusal!.Message,
                _ => now.Trouble?.Message ?? $"{remote.Name} was not asked yet",
            },
            cache.Count,
            now.Key?.Made,
            now.Key?.Uses ?? 0)
        {
            FallbackUp = fallback?.IsUp,
        };
    }

    /// <summary>The current key id; empty before there is one.</summary>
    public string KeyId => state.Key?.Wrapping.KeyId ?? "";

    /// <summary>The key that encrypts now.</summary>
    public Outcome<LocalKey> Current()
    {
        var now = state;
        if (now.HasRefused)
            return new Failure(FailureKind.Denied, "kms.refused", $"the remote key refuses: {now.Refusal?.Message}");
        if (now.Key is not { } key)
            return Failure.Unavailable("kms.starting", $"the remote key has not answered yet: {now.Trouble?.Message ?? "it was not asked yet"}");
        if (key.Uses >= options.MostUses)
            return Failure.Unavailable("kms.local_key_worn", "the local key encrypted as often as it may, and the remote key wraps no new one");
        if (key.Uses == options.LocalKeyUses)
            Nudge();
        return key;
    }

    /// <summary>The key that is wrapped so: from memory, or unwrapped, once for all who ask at the same time.</summary>
    public async ValueTask<Outcome<LocalKey>> FindAsync(LocalKeyWrapping wrapping, CancellationToken cancellationToken)
    {
        var fingerprint = wrapping.Fingerprint();
        var hit = cache.TryGet(fingerprint, out var key);
        metrics.CountLookup(hit);
        if (hit)
            return key!;
        // Another node may have seen a rotation before this one.
        if (wrapping.KeyId != KeyId)
            Nudge();
        // Not under the caller's token: others wait for the same answer.
        var flight = unwrapping.GetOrAdd(fingerprint, f => new Lazy<Task<Outcome<LocalKey>>>(() => UnwrapOnceAsync(f, wrapping)));
        return await flight.Value.WaitAsync(cancellationToken);
    }

    /// <summary>Asks the remote key until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await PollAsync(cancellationToken);
                await PauseAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A bug in one question must not end all further ones.
                observer.Fault("poll", e);
                await Task.Delay(LeastPause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Lets <see cref="RunAsync"/> ask soon.</summary>
    public void Nudge() => nudges.Writer.TryWrite(true);

    /// <summary>Asks the remote key for its version and whether it wraps and unwraps; makes a new local key when one is due.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await polling.WaitAsync(cancellationToken);
        try
        {
            if (fallback is not null)
                await fallback.ReadAsync(cancellationToken);
            var was = state;
            var asked = await AskAsync(was, cancellationToken);
            if (asked.Succeeded)
                Adopt(was, asked.Value);
            else
                state = await FailAsync(was, asked.Failure, cancellationToken);
            Tell();
        }
        finally
        {
            polling.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        disposal.Cancel();
        disposal.Dispose();
        polling.Dispose();
        remote.Dispose();
        fallback?.Dispose();
    }

    private async Task<Outcome<LocalKey>> AskAsync(RingState was, CancellationToken cancellationToken)
    {
        var version = await remote.VersionAsync(cancellationToken);
        if (!version.Succeeded)
            return version.Failure;
        return was.Key is { } key && !was.OnFallback && key.Wrapping.KeyId == version.Value && !IsDue(key)
            ? await ProbeAsync(key, cancellationToken)
            : await MakeAsync(cancellationToken);
    }

    private bool IsDue(LocalKey key) =>
        key.Uses >= options.LocalKeyUses || time.GetUtcNow() - key.Made >= options.LocalKeyAge || fallback?.HasOther(key.Wrapping.FallbackId) == true;

    // Encrypt must end when the remote key would wrap no more, and what is stored must stay readable: both are asked for.
    private async Task<Outcome<LocalKey>> ProbeAsync(LocalKey key, CancellationToken cancellationToken)
    {
        using var probe = SecretBytes.Random(LocalKeySize.Key);
        var wrapped = await remote.WrapAsync(probe, cancellationToken);
        if (!wrapped.Succeeded)
            return wrapped.Failure;
        if (wrapped.Value.KeyId != key.Wrapping.KeyId)
            return await MakeAsync(cancellationToken);
        return await VerifyAsync(key, cancellationToken);
    }

    private async Task<Outcome<LocalKey>> MakeAsync(CancellationToken cancellationToken)
    {
        var bytes = SecretBytes.Random(LocalKeySize.Key);
        var made = await WrapAsync(bytes, cancellationToken);
        // Nothing is encrypted under a key that cannot be had back.
        if (made.Succeeded)
            made = await VerifyAsync(made.Value, cancellationToken);
        if (!made.Succeeded)
            bytes.Dispose();
        return made;
    }

    private async Task<Outcome<LocalKey>> WrapAsync(SecretBytes bytes, CancellationToken cancellationToken)
    {
        var wrapped = await remote.WrapAsync(bytes, cancellationToken);
        if (!wrapped.Succeeded)
            return wrapped.Failure;
        var second = fallback is null ? FallbackKey.None : await fallback.WrapAsync(bytes, cancellationToken);
        if (!second.Succeeded)
            return second.Failure;
        var wrapping = new LocalKeyWrapping(wrapped.Value.KeyId, wrapped.Value.Ciphertext, second.Value.KeyId, second.Value.Ciphertext);
        return new LocalKey(wrapping, bytes, time.GetUtcNow());
    }

    private async Task<Outcome<LocalKey>> VerifyAsync(LocalKey key, CancellationToken cancellationToken)
    {
        var unwrapped = await remote.UnwrapAsync(key.Wrapping.ByRemote, cancellationToken);
        if (!unwrapped.Succeeded)
            return unwrapped.Failure;
        using var bytes = unwrapped.Value;
        return key.Is(bytes) ? key : RemoteFailures.NotOurs($"{remote.Name} unwraps another key than it wrapped");
    }

    private void Adopt(RingState was, LocalKey key)
    {
        cache.Add(key.Wrapping.Fingerprint(), key);
        state = RingState.Good(key);
        if (!ReferenceEquals(was.Key, key))
            observer.LocalKeyMade(KmsPurpose.Hash(key.Wrapping.KeyId));
    }

    private async Task<RingState> FailAsync(RingState was, Failure failure, CancellationToken cancellationToken)
    {
        observer.RemoteFailed("poll", failure);
        var bad = was.Bad(failure, options.RefusalGrace, time);
        // Only against an outage: who disables the remote key means what the fallback key could give as well.
        if (fallback is null || !bad.IsOut || !NeedsFallback(was) || time.GetElapsedTime(bad.OutSince!.Value) < options.FallbackAfter)
            return bad;
        var bytes = SecretBytes.Random(LocalKeySize.Key);
        var wrapped = await fallback.WrapAsync(bytes, cancellationToken);
        if (!wrapped.Succeeded)
        {
            bytes.Dispose();
            return bad;
        }
        var wrapping = new LocalKeyWrapping(wrapped.Value.KeyId, ReadOnlyMemory<byte>.Empty, wrapped.Value.KeyId, wrapped.Value.Ciphertext);
        var key = new LocalKey(wrapping, bytes, time.GetUtcNow());
        cache.Add(wrapping.Fingerprint(), key);
        observer.LocalKeyMade(KmsPurpose.Hash(wrapping.KeyId));
        return bad.FallBack(key);
    }

    // Also when the fallback key has another version than the one that serves: that one may be on its way out.
    private bool NeedsFallback(RingState was) => was.Key is not { } key || (was.OnFallback && fallback?.HasOther(key.Wrapping.FallbackId) == true);

    private void Tell()
    {
        var report = Report();
        if (report.Condition == told)
            return;
        told = report.Condition;
        observer.ConditionChanged(report);
    }

    private async Task PauseAsync(CancellationToken cancellationToken)
    {
        var now = state;
        var pause = now.Key is null || now.OnFallback ? options.PollIntervalWithoutKey : options.PollInterval;
        if (now.IsInDoubt && options.PollIntervalInDoubt < pause)
            pause = options.PollIntervalInDoubt;
        var least = pause < LeastPause ? pause : LeastPause;
        await Task.Delay(least, time, cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var nudged = nudges.Reader.WaitToReadAsync(limit.Token).AsTask();
        await Task.WhenAny(nudged, Task.Delay(pause - least, time, limit.Token));
        await limit.CancelAsync();
        _ = nudges.Reader.TryRead(out _);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<Outcome<LocalKey>> UnwrapOnceAsync(string fingerprint, LocalKeyWrapping wrapping)
    {
        try
        {
            var unwrapped = await UnwrapAsync(wrapping, disposal.Token);
            if (!unwrapped.Succeeded)
            {
                observer.RemoteFailed("unwrap", unwrapped.Failure);
                return unwrapped.Failure;
            }
            if (unwrapped.Value.Length != LocalKeySize.Key)
                return RemoteFailures.NotOurs($"what {remote.Name} unwrapped is no local key");
            var key = new LocalKey(wrapping, unwrapped.Value, time.GetUtcNow());
            cache.Add(fingerprint, key);
            return key;
        }
        finally
        {
            unwrapping.TryRemove(fingerprint, out _);
        }
    }

    private async ValueTask<Outcome<SecretBytes>> UnwrapAsync(LocalKeyWrapping wrapping, CancellationToken cancellationToken)
    {
        var canFallBack = fallback is not null && !wrapping.Fallback.IsEmpty;
        if (wrapping.Remote.IsEmpty)
        {
            // Without the second condition, whoever can change stored annotations could lead around a remote key that refuses.
            return canFallBack && wrapping.KeyId == wrapping.FallbackId
                ? await fallback!.UnwrapAsync(wrapping, cancellationToken)
                : RemoteFailures.NotOurs("this was encrypted while only a fallback key served: start with -fallback-key-file and that file");
        }
        // During an outage each question takes its whole time; an API server that starts asks many.
        if (canFallBack && state.IsOut && await fallback!.UnwrapAsync(wrapping, cancellationToken) is { Succeeded: true } early)
            return early;
        var unwrapped = await remote.UnwrapAsync(wrapping.ByRemote, cancellationToken);
        if (unwrapped.Succeeded || !canFallBack || !RemoteFailures.IsOutage(unwrapped.Failure) || state.HasRefused)
            return unwrapped;
        var late = await fallback!.UnwrapAsync(wrapping, cancellationToken);
        return late.Succeeded ? late : unwrapped;
    }
}
