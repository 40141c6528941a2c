using System.Net;
using System.Security.Cryptography;
using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;
using Kist.Crypto;

namespace Kist.Client.Agent.Login;

/// <summary>
/// Keeps the agent logged in: logs in, renews the token in time, and logs in again when it cannot be renewed or the server no longer knows it. While
/// the server is away the token stands.
/// </summary>
/// <param name="config">The back-off, and what happens when a login fails.</param>
/// <param name="method">Logs in.</param>
/// <param name="client">Speaks to the server, in the namespace of the login.</param>
/// <param name="token">Gets the token.</param>
/// <param name="status">Is told how the login is.</param>
/// <param name="log">Is told what happens.</param>
/// <param name="clock">The clock; what is due follows its timestamps, and not who sets it.</param>
public sealed class TokenKeeper(
    AutoAuthConfig config, ILoginMethod method, KistClient client, AgentToken token, AgentStatus status, AgentLog log, TimeProvider clock)
{
    /// <summary>The part's name in the agent's status.</summary>
    public const string Part = "login";

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestAway = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    // One refusal may be a revocation; a second one right after the next login is a policy that does not allow the question.
    private const int MostRefusals = 2;
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    private readonly SteadyTime time = new(clock);
    private readonly BackOff backOff = new(config.MinBackoff, config.MaxBackoff);
    private readonly List<(SecretText Token, DateTimeOffset Ends)> superseded = [];
    private int refusals;

    // A server that is away burdens nobody and is back at some moment: whoever waits for the token should not wait minutes longer.
    private readonly BackOff away = new(config.MinBackoff, Away(config));

    private enum Renewal
    {
        Extended,
        Ending,
        Refused,
        NoAnswer,
    }

    /// <summary>Takes what the server wrapped, when the configuration asks for that: then the agent has no token.</summary>
    public Func<SecretText, CancellationToken, Task> TakeWrapped { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Logs in and keeps the token until <paramref name="cancellation"/>.</summary>
    /// <param name="once">Returns after the first login.</param>
    /// <param name="cancellation">Ends it; the token stays, see <see cref="EndAsync"/>.</param>
    /// <exception cref="AgentException">A login failed and the configuration says that the agent ends then.</exception>
    public async Task RunAsync(bool once, CancellationToken cancellation)
    {
        while (true)
        {
            var answer = await LoginAsync(cancellation);
            if (once)
                return;
            if (answer.Token is null)
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
            else
                Supersede(answer.Token, await KeepAsync(answer.Token, answer, cancellation));
        }
    }

    /// <summary>
    /// Revokes the token and those before it that have not ended yet, and with them all leases that they got, if the agent made them; takes at most
    /// five seconds.
    /// </summary>
    public async Task EndAsync()
    {
        if (!method.MakesToken)
            return;
        var now = time.GetUtcNow();
        List<SecretText> living = [.. superseded.Where(s => s.Ends > now).Select(static s => s.Token)];
        if (token.Current is { } last)
            living.Add(last);
        token.Set(null);
        using var limit = new CancellationTokenSource(EndPatience, time);
        await Task.WhenAll(living.Select(one => RevokeAsync(one, limit.Token)));
    }

    private async Task RevokeAsync(SecretText last, CancellationToken limit)
    {
        try
        {
            var answer = await client.SendAsync(ApiRequest.Write("auth/token/revoke-self") with { Token = last }, limit);
            if (!answer.Succeeded && answer.Status != HttpStatusCode.Forbidden)
                log(AgentLogLevel.Warn, $"the token could not be revoked (code {(int)answer.Status}): it ends by itself in time");
        }
        catch (Exception e) when (e is ConnectionException or OperationCanceledException)
        {
            log(AgentLogLevel.Warn, "the token could not be revoked, for the server does not answer: it ends by itself in time");
        }
    }

    private void Supersede(SecretText old, DateTimeOffset ends)
    {
        var now = time.GetUtcNow();
        superseded.RemoveAll(s => s.Ends <= now);
        superseded.Add((old, ends));
    }

    private async Task<LoginAnswer> LoginAsync(CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan pause;
            try
            {
                var answer = await method.LoginAsync(client, cancellation);
                if (answer.Wrapped is { } wrapped)
                    await TakeWrapped(wrapped, cancellation);
                else
                    token.Set(answer.Token);
                backOff.Reset();
                away.Reset();
                status.Good(Part);
                status.Count("kist_agent_logins_total");
                log(AgentLogLevel.Info, $"logged in by {config.Method.Type} at {config.MountPath}{Lasts(answer)}");
                return answer;
            }
            catch (Exception e) when (e is LoginException or ApiException or ConnectionException or SettingException)
            {
                Failed(e);
                pause = (e is ConnectionException ? away : backOff).Next();
            }
            await Task.Delay(pause, time, cancellation);
        }
    }

    private static TimeSpan Away(AutoAuthConfig config)
    {
        var most = config.MinBackoff > LongestAway ? config.MinBackoff : LongestAway;
        return most < config.MaxBackoff ? most : config.MaxBackoff;
    }

    private void Failed(Exception e)
    {
        var reason = $"cannot log in by {config.Method.Type} at {config.MountPath}: {OneLine(e)}";
        status.Bad(Part, reason);
        status.Count("kist_agent_login_failures_total");
        if (config.ExitOnError)
            throw new AgentException(reason);
        log(AgentLogLevel.Warn, reason);
    }

    /// <summary>Returns when the agent has to log in again: the time at which the token ends, unless it has ended.</summary>
    private async Task<DateTimeOffset> KeepAsync(SecretText kept, LoginAnswer answer, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var ends = time.GetUtcNow() + answer.Ttl;
        var pause = PauseFor(answer.Ttl);
        var retries = new BackOff(ShortestPause, TimeSpan.FromMinutes(1));
        while (true)
        {
            var doubted = await DoubtedWithinAsync(pause, cancellation);
            if (!doubted && answer.Ttl > TimeSpan.Zero && !answer.IsRenewable)
                return ends;
            if (doubted && refusals >= MostRefusals)
            {
                // Asked again only when its time comes: who doubts it is refused for something else.
                pause = Remaining(ends, answer);
                continue;
            }
            var (renewal, ttl) = doubted || answer.Ttl == TimeSpan.Zero
                ? await LookAsync(kept, ends, cancellation)
                : await RenewAsync(kept, ends, cancellation);
            switch (renewal)
            {
                case Renewal.Refused when doubted && time.GetElapsedTime(began) < Young && ++refusals >= MostRefusals:
                    log(
                        AgentLogLevel.Warn,
                        "the server refuses to look up a new token once more: its policies do not allow auth/token/lookup-self, "
                        + "and refusals are no longer taken for its end");
                    pause = Remaining(ends, answer);
                    break;
                case Renewal.Refused:
                    log(AgentLogLevel.Warn, "the server no longer takes the token: logging in again");
                    status.Bad(Part, "the server no longer takes the token");
                    token.Set(null);
                    return ends;
                case Renewal.Ending:
                    log(AgentLogLevel.Info, "the token cannot be made to last longer: logging in again");
                    return ends;
                // While it still stands: a login may be answered where a renewal is not, with a certificate that has ended since.
                case Renewal.NoAnswer when answer.Ttl > TimeSpan.Zero && time.GetUtcNow() > ends - (answer.Ttl / 6):
                    log(AgentLogLevel.Warn, "the token is about to end and nobody has answered for it: logging in again");
                    return ends;
                case Renewal.NoAnswer:
                    pause = retries.Next();
                    break;
                default:
                    retries.Reset();
                    refusals = doubted ? 0 : refusals;
                    ends = time.GetUtcNow() + ttl;
                    pause = PauseFor(ttl);
                    status.Good(Part);
                    log(AgentLogLevel.Debug, $"the token lasts {Wire.GoDuration.Format(ttl)} from now");
                    break;
            }
        }
    }

    // A third of its time before its end, as after a login.
    private TimeSpan Remaining(DateTimeOffset ends, LoginAnswer answer)
    {
        if (answer.Ttl == TimeSpan.Zero)
            return LongestPause;
        var left = ends - (answer.Ttl / 3) - time.GetUtcNow();
        return left > ShortestPause ? left : ShortestPause;
    }

    private async Task<(Renewal Renewal, TimeSpan Ttl)> RenewAsync(SecretText kept, DateTimeOffset ends, CancellationToken cancellation)
    {
        if (await TrySendAsync(ApiRequest.Write("auth/token/renew-self", []), kept, cancellation) is not { } answer)
            return (Renewal.NoAnswer, TimeSpan.Zero);
        if (answer.Status == HttpStatusCode.Forbidden)
            return (Renewal.Refused, TimeSpan.Zero);
        if (!answer.Succeeded)
            return ((int)answer.Status is >= 400 and < 500 ? Renewal.Ending : Renewal.NoAnswer, TimeSpan.Zero);
        status.Count("kist_agent_token_renewals_total");
        var granted = TimeSpan.FromSeconds(Math.Clamp(answer.Json?.Object("auth")?.Number("lease_duration") ?? 0, 0, int.MaxValue));
        // Near the end of its longest life a token is granted nothing more.
        return (time.GetUtcNow() + granted - ends < ShortestPause ? Renewal.Ending : Renewal.Extended, granted);
    }

    private async Task<(Renewal Renewal, TimeSpan Ttl)> LookAsync(SecretText kept, DateTimeOffset ends, CancellationToken cancellation)
    {
        if (await TrySendAsync(ApiRequest.Read("auth/token/lookup-self"), kept, cancellation) is not { } answer)
            return (Renewal.NoAnswer, TimeSpan.Zero);
        if (answer.Status == HttpStatusCode.Forbidden)
            return (Renewal.Refused, TimeSpan.Zero);
        if (!answer.Succeeded)
            return (Renewal.NoAnswer, TimeSpan.Zero);
        var left = answer.Data?.Number("ttl") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)) : ends - time.GetUtcNow();
        return (Renewal.Extended, left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private async Task<ApiResponse?> TrySendAsync(ApiRequest request, SecretText kept, CancellationToken cancellation)
    {
        try
        {
            var answer = await method.ClientOf(client).SendAsync(request with { Token = kept }, cancellation);
            // 408, 412 and 429 say nothing of the token.
            var isBusy = answer.Status is HttpStatusCode.RequestTimeout or HttpStatusCode.PreconditionFailed or HttpStatusCode.TooManyRequests;
            if ((int)answer.Status < 500 && !isBusy)
                return answer;
            status.Bad(Part, $"the server fails to answer for the token (code {(int)answer.Status}); the last one stands");
        }
        catch (ConnectionException e)
        {
            status.Bad(Part, $"{OneLine(e)}; the last token stands");
        }
        return null;
    }

    /// <summary>Whether somebody saw the token refused before the time was over.</summary>
    private async Task<bool> DoubtedWithinAsync(TimeSpan pause, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var doubt = token.DoubtedAsync(over.Token);
        await Waiting.ForEitherAsync(doubt, pause, time, cancellation);
        var isDoubted = doubt.IsCompleted;
        await over.CancelAsync();
        await doubt.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return isDoubted;
    }

    /// <summary>Two thirds of the time, less up to a tenth at random: the agents of one deployment have logged in at once.</summary>
    private static TimeSpan PauseFor(TimeSpan ttl)
    {
        if (ttl <= TimeSpan.Zero)
            return LongestPause;
        var pause = ttl * (2 / 3.0) * (1 - (RandomNumberGenerator.GetInt32(0, 100) / 1000.0));
        if (pause < ShortestPause)
            return ShortestPause;
        return pause < LongestPause ? pause : LongestPause;
    }

    private static string Lasts(LoginAnswer answer) => answer switch
    {
        { Token: null } => "; the answer stays wrapped",
        { Ttl.Ticks: 0 } => "",
        _ => $"; the token lasts {Wire.GoDuration.Format(answer.Ttl)}",
    };

    private static string OneLine(Exception e) => e is ApiException api
        ? $"{string.Join("; ", api.Errors.Select(static x => x.ReplaceLineEndings(" ").Trim()))} (code {(int)api.Status})"
        : e.Message;
}
