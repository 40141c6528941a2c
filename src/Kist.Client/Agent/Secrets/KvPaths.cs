using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Kist.Client.Kv;

namespace Kist.Client.Agent.Secrets;

/// <summary>Where a path of a template lies: in a key/value mount, whose version says how the API has it, or elsewhere.</summary>
/// <param name="Path">The API's path.</param>
/// <param name="Version">Of the key/value mount; 0 for another engine, or when it is not known.</param>
internal readonly record struct KvPlace(string Path, int Version)
{
    /// <summary>What notices of changes call it, who know secrets by the path at which they are read; null when nobody tells of it.</summary>
    public string? Noticed { get; init; }
}

/// <summary>
/// Knows the key/value mounts that templates use, and so puts <c>data/</c> or <c>metadata/</c> into paths that lack them. Each mount is asked for
/// once. Thread-safe.
/// </summary>
/// <param name="requests">Speaks to the server.</param>
/// <param name="time">The clock.</param>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle to free, and requests may outlive who asked for them.")]
internal sealed class KvPaths(AgentRequests requests, TimeProvider time)
{
    private const string Data = "data";
    private const string Metadata = "metadata";

    private static readonly string[] Kinds = [Data, Metadata];

    // Who must not ask for a mount may do so later, as policies change.
    private static readonly TimeSpan UntoldPause = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim asking = new(1);
    private readonly ConcurrentDictionary<string, int> mounts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> untold = new(StringComparer.Ordinal);

    /// <summary>The place of a path that is read or written (<paramref name="kind"/> <c>data</c>) or listed (<c>metadata</c>).</summary>
    /// <exception cref="ConnectionException">No answer came.</exception>
    public async Task<KvPlace> FindAsync(string path, string kind, CancellationToken cancellation)
    {
        // Before waiting: a question that takes long holds up nobody who need not ask.
        if (Remembered(path, kind) is { } known)
            return known;
        // One at a time: the first of many templates finds the mount for all of them.
        await asking.WaitAsync(cancellation);
        try
        {
            return Remembered(path, kind) ?? await AskAsync(path, kind, cancellation);
        }
        finally
        {
            asking.Release();
        }
    }

    /// <summary>Asks anew for the mount of a path at which something was not as expected: another one may stand there now.</summary>
    public void Forget(string path)
    {
        untold.TryRemove(path, out _);
        foreach (var mount in mounts.Keys.Where(mount => $"{path}/".StartsWith(mount, StringComparison.Ordinal)))
            mounts.TryRemove(mount, out _);
    }

    private KvPlace? Remembered(string path, string kind)
    {
        var mount = mounts.Keys.Where(m => $"{path}/".StartsWith(m, StringComparison.Ordinal)).MaxBy(static m => m.Length);
        if (mount is not null && mounts.TryGetValue(mount, out var version))
            return Place(path, mount, version, kind);
        return untold.TryGetValue(path, out var asked) && time.GetElapsedTime(asked) < UntoldPause ? AsWritten(path) : null;
    }

    private static KvPlace AsWritten(string path) =>
        path.Contains("/data/", StringComparison.Ordinal) ? new KvPlace(path, 2) { Noticed = path } : new KvPlace(path, 0);

    private async Task<KvPlace> AskAsync(string path, string kind, CancellationToken cancellation)
    {
        var answer = await requests.SendAsync(ApiRequest.Read($"sys/internal/ui/mounts/{path}"), cancellation);
        // Who must not ask, or asks a server that does not know the question, has to write the path as the API has it.
        if (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
        {
            untold[path] = time.GetTimestamp();
            return AsWritten(path);
        }
        var data = answer.EnsureSuccess().Data ?? default;
        var isKv = data.Text("type") is "kv" or "generic";
        var version = data.Object("options")?.Text("version") == "2" ? 2 : 1;
        if (KvMount.Find(path, data.Text("path") ?? "") is not { } mount)
            return new KvPlace(path, 0);
        mounts[mount] = isKv ? version : 0;
        return Place(path, mount, mounts[mount], kind);
    }

    private static KvPlace Place(string path, string mount, int version, string kind)
    {
        if (version != 2)
            return new KvPlace(path, version) { Noticed = version == 1 ? path : null };
        var below = $"{path}/"[mount.Length..].Trim('/');
        foreach (var known in Kinds)
        {
            if ($"{below}/".StartsWith($"{known}/", StringComparison.Ordinal) && (below.Length > known.Length || known == Metadata))
                return new KvPlace(path, 2) { Noticed = $"{mount}{Data}{below[known.Length..]}" };
        }
        return new KvPlace($"{mount}{kind}/{below}".TrimEnd('/'), 2) { Noticed = $"{mount}{Data}/{below}".TrimEnd('/') };
    }
}
