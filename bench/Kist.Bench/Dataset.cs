using Kist.Harness;

namespace Kist.Bench;

/// <summary>Fills a server through its API.</summary>
internal static class Dataset
{
    private const int Writers = 64;

    /// <summary>Writes secrets <c>secret/data/{folder}/1</c> to <paramref name="count"/>.</summary>
    public static Task WriteAsync(ApiClient api, string folder, int count) => EachAsync(count, async i =>
        (await api.WriteAsync($"secret/data/{folder}/{i}", new { data = new { username = $"app-{i}", password = $"correct horse battery staple {i}" } })).Good());

    /// <summary>Reads all of them once.</summary>
    public static Task ReadAsync(ApiClient api, string folder, int count) => EachAsync(count, async i => (await api.ReadAsync($"secret/data/{folder}/{i}")).Good());

    private static Task EachAsync(int count, Func<int, Task> action) =>
        Parallel.ForEachAsync(Enumerable.Range(1, count), new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (i, _) => await action(i));
}
