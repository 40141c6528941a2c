namespace Kist.Core.Tests.Audit;

internal static class Wait
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Waits for what other threads do; fails when it never comes.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Longest);
        while (!condition())
            await Task.Delay(5, limit.Token);
    }
}
