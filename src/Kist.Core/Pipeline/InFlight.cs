using System.Collections.Concurrent;

namespace Kist.Core.Pipeline;

/// <summary>The requests being answered right now, for <c>sys/in-flight-req</c> and a graceful shutdown.</summary>
public sealed class InFlight
{
    private readonly ConcurrentDictionary<string, (Request Request, DateTimeOffset Started)> requests = new(StringComparer.Ordinal);
    private readonly TimeProvider time;

    /// <summary>Empty.</summary>
    public InFlight(TimeProvider time) => this.time = time;

    /// <summary>How many there are.</summary>
    public int Count => requests.Count;

    /// <summary>A copy of what is under way.</summary>
    public IReadOnlyList<(Request Request, DateTimeOffset Started)> Snapshot() => [.. requests.Values];

    internal void Enter(Request request) => requests[request.Id] = (request, time.GetUtcNow());

    internal void Leave(Request request) => requests.TryRemove(request.Id, out _);
}
