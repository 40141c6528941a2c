namespace Kist.Bench;

/// <summary>
/// Runs loads that are compared with one another: each warmed up, then in turns, so that what slows the machine for a while slows all alike.
/// </summary>
internal static class Turns
{
    private const int Rounds = 3;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    /// <summary>The median run of each.</summary>
    public static async Task<IReadOnlyList<Load>> MeasureAsync(string what, params Func<TimeSpan, Task<Load>>[] loads)
    {
        Tell(what);
        foreach (var load in loads)
            await load(Duration);
        var results = loads.Select(_ => new List<Load>()).ToList();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < loads.Length; i++)
                results[i].Add(await loads[i](Duration));
        }
        return [.. results.Select(r => r.OrderBy(l => l.PerSecond).ElementAt(Rounds / 2))];
    }

    /// <summary>Says what comes next.</summary>
    public static void Tell(string what) => Console.Error.WriteLine($"measuring {what} …");
}
