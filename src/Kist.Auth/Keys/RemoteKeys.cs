using Kist.Core;
using Kist.Crypto.Jose;

namespace Kist.Auth.Keys;

/// <summary>
/// Keys that somebody publishes. They are fetched when they are first needed, again when they are five minutes old, and at once when a token names a key
/// that is not among them; but never more often than each half minute, and by one request at a time: whatever tokens are thrown at the server, the
/// publisher sees no flood. While it does not answer, the last keys serve for an hour, and then none.
/// </summary>
internal sealed class RemoteKeys(Func<CancellationToken, Task<Outcome<TrustedKeys>>> fetch, TimeProvider clock) : KeySource
{
    /// <summary>Keys of this age are fetched again.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Keys of this age are good for nothing.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <summary>The least time between two fetches.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>The least time after a fetch that failed.</summary>
    public static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);

    // Why, is told to operators alone.
    private static readonly Failure Unavailable =
        Failure.Unavailable("jwt.keys_unavailable", "the keys that verify tokens cannot be had now; try again, or read the mount's config to see why");

    private readonly Lock gate = new();
    private Task<Outcome<TrustedKeys>>? running;
    private (TrustedKeys Keys, long At)? got;
    private (Failure Reason, long At)? failed;

    /// <inheritdoc/>
    public override async ValueTask<Outcome<TrustedKeys>> VerifyAsync(
        Jws token, IReadOnlyCollection<JwsAlgorithm> allowed, CancellationToken cancellationToken)
    {
        if (!allowed.Contains(token.Algorithm))
            return NotSigned;
        var current = await CurrentAsync(cancellationToken);
        if (!current.Succeeded)
            return Unavailable;
        if (current.Value.Keys.HaveSigned(token, allowed))
            return current;
        // A key that is here has not signed it, and no new one will.
        if (current.Value.Keys.HaveNamed(token))
            return NotSigned;
        var newer = await NewerAsync(current.Value, cancellationToken);
        return newer is not null && newer.Keys.HaveSigned(token, allowed) ? newer : NotSigned;
    }

    /// <inheritdoc/>
    public override async ValueTask<Failure?> ProbeAsync(CancellationToken cancellationToken) => (await CurrentAsync(cancellationToken)).Failure;

    private async ValueTask<Outcome<TrustedKeys>> CurrentAsync(CancellationToken cancellationToken)
    {
        Task<Outcome<TrustedKeys>>? asked;
        lock (gate)
        {
            if (got is { } fresh && clock.GetElapsedTime(fresh.At) < Lifetime)
                return fresh.Keys;
            MayAsk(PauseAfterFailure, out asked);
            // Nobody waits for a publisher that is known to be out.
            if (failed is not null && got is { } last && clock.GetElapsedTime(last.At) < Grace)
                return last.Keys;
        }
        if (asked is not null && await asked.WaitAsync(cancellationToken) is { Succeeded: true } fetched)
            return fetched;
        lock (gate)
        {
            if (got is { } old && clock.GetElapsedTime(old.At) < Grace)
                return old.Keys;
            return failed!.Value.Reason;
        }
    }

    /// <summary>Keys that were fetched later than these; null when there are none, or it is too soon to ask.</summary>
    private async ValueTask<TrustedKeys?> NewerAsync(TrustedKeys than, CancellationToken cancellationToken)
    {
        Task<Outcome<TrustedKeys>>? asked;
        lock (gate)
        {
            if (got is { } current && current.Keys != than)
                return current.Keys;
            MayAsk(Pause, out asked);
        }
        return asked is not null && await asked.WaitAsync(cancellationToken) is { Succeeded: true } outcome ? outcome.Value : null;
    }

    // Under the gate. The fetch is everybody's: it does not end when the one who began it goes away.
    private void MayAsk(TimeSpan pauseAfterFailure, out Task<Outcome<TrustedKeys>>? asked)
    {
        var tooSoon = (failed is { } failure && clock.GetElapsedTime(failure.At) < pauseAfterFailure)
            || (got is { } success && clock.GetElapsedTime(success.At) < Pause);
        if (running is null && !tooSoon)
            running = Task.Run(FetchAsync);
        asked = running;
    }

    private async Task<Outcome<TrustedKeys>> FetchAsync()
    {
        var outcome = new Outcome<TrustedKeys>(Unavailable);
        try
        {
            return outcome = await fetch(CancellationToken.None);
        }
        finally
        {
            lock (gate)
            {
                running = null;
                if (outcome.Succeeded)
                    (got, failed) = ((outcome.Value, clock.GetTimestamp()), null);
                else
                    failed = (outcome.Failure, clock.GetTimestamp());
            }
        }
    }
}
