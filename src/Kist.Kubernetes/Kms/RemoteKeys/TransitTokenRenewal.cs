using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>
/// Renews the plugin's token when a third of its time is over, so that a periodic token lives as long as the plugin. A token that cannot be renewed is
/// left alone: the answers of the server say when it is no longer good.
/// </summary>
internal sealed class TransitTokenRenewal(
    Func<HttpMethod, string, SecretBuffer?, CancellationToken, ValueTask<Outcome<RemoteAnswer>>> send, TimeProvider time)
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    private long asked;
    private TimeSpan pause;

    /// <summary>Renews when it is time. Called by one poll after the other.</summary>
    public async ValueTask RenewAsync(CancellationToken cancellationToken)
    {
        if (pause > TimeSpan.Zero && time.GetElapsedTime(asked) < pause)
            return;
        using var body = RemoteBody.Json(static _ => { });
        var answer = await send(HttpMethod.Post, "auth/token/renew-self", body, cancellationToken);
        // It holds the token.
        using var renewed = answer.Succeeded ? answer.Value : null;
        asked = time.GetTimestamp();
        pause = renewed?.Number("auth", "lease_duration") is > 0 and var seconds
            ? TimeSpan.FromSeconds(Math.Min(seconds / 3.0, Longest.TotalSeconds))
            : AfterFailure;
    }
}
