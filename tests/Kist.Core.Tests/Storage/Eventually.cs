namespace Kist.Core.Tests.Storage;

/// <summary>Waits for what happens on other threads; how long it takes proves nothing.</summary>
public static class Eventually
{
    public static Task HoldsAsync(Func<bool> condition) => HoldsAsync(condition, static () => { });

    /// <summary>With a clock that goes on meanwhile.</summary>
    public static Task HoldsAsync(ManualClock clock, Func<bool> condition) => HoldsAsync(condition, () => clock.Advance(TimeSpan.FromMilliseconds(50)));

    /// <summary>With a condition that takes its time.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
            await Task.Delay(1, patience.Token);
    }

    private static async Task HoldsAsync(Func<bool> condition, Action meanwhile)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            meanwhile();
            await Task.Delay(1, patience.Token);
        }
    }
}
