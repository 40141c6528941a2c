namespace Kist.Core.Tests.Audit;

internal static class Wait
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Waits for what other threads do; fails when it never comes.</summary>
    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    /// <summary>Tries until it is so; fails when that never comes.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Longest);
        while (!await condition())
            await Task.Delay(5, limit.Token);
    }
}
