using Kist.Core.Pipeline;

namespace Kist.Core.Telemetry;

/// <summary>
/// Counts and times of requests since start, for <c>sys/metrics</c>. Labels are closed sets (operation, failure kind), never paths: a path may say too much,
/// and there are too many.
/// </summary>
public sealed class RequestMetrics
{
    private static readonly int Operations = Enum.GetValues<Operation>().Length;
    private static readonly int Kinds = Enum.GetValues<FailureKind>().Length;

    /// <summary>Upper bounds of the duration buckets, in seconds.</summary>
    internal static readonly double[] Bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    // The last column counts successes.
    private readonly long[] counts = new long[Operations * (Kinds + 1)];
    private readonly long[] buckets = new long[Operations * (Bounds.Length + 1)];
    private readonly long[] ticks = new long[Operations];

    /// <summary>Counts a request that was answered after <paramref name="elapsed"/>.</summary>
    public void Count(Request request, Response response, TimeSpan elapsed)
    {
        var operation = (int)request.Operation;
        var outcome = response.Failure is { } failure ? (int)failure.Kind : Kinds;
        Interlocked.Increment(ref counts[(operation * (Kinds + 1)) + outcome]);
        var bucket = Array.BinarySearch(Bounds, elapsed.TotalSeconds);
        Interlocked.Increment(ref buckets[(operation * (Bounds.Length + 1)) + (bucket < 0 ? ~bucket : bucket)]);
        Interlocked.Add(ref ticks[operation], elapsed.Ticks);
    }

    /// <summary>Requests by operation and outcome (<c>success</c> or a failure kind), without those that never happened.</summary>
    public IEnumerable<(string Operation, string Outcome, long Count)> Counts()
    {
        for (var i = 0; i < counts.Length; i++)
        {
            if (Interlocked.Read(ref counts[i]) is var count and > 0)
                yield return (Name((Operation)(i / (Kinds + 1))), i % (Kinds + 1) == Kinds ? "success" : Name((FailureKind)(i % (Kinds + 1))), count);
        }
    }

    /// <summary>Durations by operation: cumulative counts for each bound and beyond, and their sum.</summary>
    public IEnumerable<(string Operation, long[] Cumulative, TimeSpan Sum)> Durations()
    {
        for (var operation = 0; operation < Operations; operation++)
        {
            var cumulative = new long[Bounds.Length + 1];
            var total = 0L;
            for (var i = 0; i < cumulative.Length; i++)
                cumulative[i] = total += Interlocked.Read(ref buckets[(operation * cumulative.Length) + i]);
            if (total > 0)
                yield return (Name((Operation)operation), cumulative, TimeSpan.FromTicks(Interlocked.Read(ref ticks[operation])));
        }
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
