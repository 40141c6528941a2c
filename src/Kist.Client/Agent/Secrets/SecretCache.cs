using System.Diagnostics.CodeAnalysis;
using Kist.Client.Agent.Templates;
using Kist.Client.Templates;
using Kist.Client.Templates.Values;

namespace Kist.Client.Agent.Secrets;

/// <summary>
/// What templates depend on, fetched once for all of them. It does not fetch by itself: what has changed, or is about to end, becomes stale, whoever
/// uses it is told, and the first who asks fetches it anew. So the last good answer stands for as long as there is no other. Thread-safe.
/// </summary>
/// <param name="requests">Speaks to the server.</param>
/// <param name="options">When to fetch what nobody tells of.</param>
/// <param name="time">The clock.</param>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle to free, and requests may outlive who asked for them.")]
internal sealed class SecretCache(AgentRequests requests, TemplateOptionsConfig options, TimeProvider time)
{
    private const int MostRequests = 16;

    private readonly Lock gate = new();
    private readonly Dictionary<(TemplateDependency Dependency, string Sandbox), SecretEntry> entries = [];
    private readonly List<SecretLease> left = [];
    private readonly SemaphoreSlim places = new(options.MaxConnectionsPerHost is > 0 and < MostRequests and var most ? most : MostRequests);
    private readonly SecretFetcher fetcher = new(requests, time);
    private readonly Schedule schedule = new(options, time);
    private TaskCompletionSource changed = New();
    private TaskCompletionSource scheduled = New();
    private TaskCompletionSource watched = New();
    private IReadOnlyList<string> watchPaths = [];
    private long moment;
    private long? heard;

    /// <summary>The present moment: what changes after it has a later one.</summary>
    public long Moment
    {
        get
        {
            lock (gate)
                return moment;
        }
    }

    /// <summary>Whether nobody tells of changes, so that all is read again from time to time.</summary>
    public bool IsUnwatched
    {
        get => schedule.IsUnwatched;
        set
        {
            lock (gate)
            {
                if (schedule.IsUnwatched == value)
                    return;
                schedule.IsUnwatched = value;
                foreach (var entry in entries.Values.Where(static e => e is { IsStale: false, Fetched.Refreshing: Refreshing.OnNotice }))
                    entry.Due = schedule.DueOf(entry.Fetched!);
            }
            Wake(ref scheduled);
        }
    }

    /// <summary>The answer to a dependency: from memory unless it is stale.</summary>
    /// <param name="dependency">What to fetch.</param>
    /// <param name="sandbox">For a file: the folder that it must lie in, or empty.</param>
    /// <param name="held">For a certificate: what the rendered file holds, which may hold one that is still good.</param>
    /// <param name="cancellation">Gives up waiting; what was asked for is still taken in.</param>
    /// <exception cref="SecretException">There is no answer.</exception>
    public async Task<TemplateValue> FetchAsync(TemplateDependency dependency, string sandbox, Func<string> held, CancellationToken cancellation)
    {
        Task<FetchedSecret> fetching;
        lock (gate)
        {
            var key = (dependency, dependency.Kind == TemplateDependencyKind.File ? sandbox : "");
            if (!entries.TryGetValue(key, out var entry))
                entries[key] = entry = new SecretEntry(dependency, key.Item2);
            if (entry is { IsStale: false, Fetched: { } fresh })
                return fresh.Value;
            // Not ended by who asked first: others wait for it too, and it may bring a lease that nobody would know of.
            fetching = entry.Fetching ??= Task.Run(() => RefreshAsync(entry, held), CancellationToken.None);
        }
        return (await fetching.WaitAsync(cancellation)).Value;
    }

    /// <summary>Says what a user needs from now on. What nobody needs any more is forgotten, and its lease ended.</summary>
    public void Use(object user, IReadOnlyCollection<TemplateDependency> dependencies, string sandbox)
    {
        var unused = new List<SecretLease>();
        lock (gate)
        {
            foreach (var (key, entry) in entries.ToList())
            {
                if (dependencies.Contains(key.Dependency) && (key.Dependency.Kind != TemplateDependencyKind.File || key.Sandbox == sandbox))
                    entry.Users.Add(user);
                else if (entry.Users.Remove(user) && entry.Users.Count == 0 && entry.Fetching is null)
                {
                    entries.Remove(key);
                    if (entry.Fetched?.Lease is { } lease)
                        unused.Add(lease);
                }
            }
            Rewatch();
        }
        if (unused.Count > 0)
            _ = LeaseEnd.RevokeAsync(unused, requests, TimeSpan.FromSeconds(30), time);
    }

    /// <summary>Waits until one of a user's dependencies has changed after a moment.</summary>
    public async Task ChangedAsync(object user, long since, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (entries.Values.Any(e => e.ChangedAt > since && e.Users.Contains(user)))
                    return;
                next = changed.Task;
            }
            await next.WaitAsync(cancellation);
        }
    }

    /// <summary>Paths have changed at the server: what was read at them is stale.</summary>
    /// <param name="paths">The paths and the states that include their changes; a folder of them counts as well.</param>
    public void Tell(IEnumerable<Watching.WatchedPath> paths)
    {
        lock (gate)
        {
            foreach (var path in paths)
            {
                foreach (var entry in entries.Values)
                {
                    if (IsAt(entry.WatchPath, path.Path))
                        MarkStale(entry, path.Index);
                    else if (entry.Fetching is not null)
                        entry.Told.Add(path);
                }
            }
        }
        Wake(ref changed);
    }

    /// <summary>All that notices tell of may have changed: it is stale.</summary>
    /// <param name="index">The state that includes all changes.</param>
    public void TellAll(long index)
    {
        lock (gate)
        {
            heard = index;
            foreach (var entry in entries.Values)
            {
                entry.Since = index;
                if (entry.WatchPath is not null)
                    MarkStale(entry, index);
                else if (entry.Fetching is not null)
                    entry.AllTold = index;
            }
        }
        Wake(ref changed);
    }

    /// <summary>All changes up to a state have been told: what is fetched from now on includes it.</summary>
    public void Hear(long index)
    {
        lock (gate)
            heard = index;
    }

    /// <summary>
    /// The state from which to ask for changes of paths that are asked for anew: it was known when the first of their fetches began. Null when it is
    /// not known.
    /// </summary>
    public long? SinceOf(IReadOnlySet<string> paths)
    {
        lock (gate)
            return entries.Values.Where(e => e.WatchPath is { } path && paths.Contains(path)).Min(static e => e.Since);
    }

    /// <summary>The agent has another token: leases that came with the last one end with it.</summary>
    public void TakeToken(Crypto.SecretText token)
    {
        lock (gate)
        {
            foreach (var entry in entries.Values.Where(e => e.Fetched?.Lease is { } lease && !lease.Owner.Equals(token)))
                MarkStale(entry);
        }
        Wake(ref changed);
    }

    /// <summary>The paths to hear of, and what completes when they are others.</summary>
    public (IReadOnlyList<string> Paths, Task Changed) Watched()
    {
        lock (gate)
            return (watchPaths, watched.Task);
    }

    /// <summary>Renews leases in time, and lets become stale what is due, until <paramref name="cancellation"/>.</summary>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            DateTimeOffset? due;
            Task woken;
            lock (gate)
            {
                due = entries.Values.Min(static e => e.Due);
                woken = scheduled.Task;
            }
            if (due is { } at && at <= time.GetUtcNow())
            {
                // Not waited for: what is due meanwhile is not to come too late.
                foreach (var entry in TakeDue())
                    _ = RenewAsync(entry, cancellation);
            }
            else
                await Waiting.ForEitherAsync(woken, due - time.GetUtcNow(), time, cancellation);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Looks at files once a second until <paramref name="cancellation"/>.</summary>
    public async Task WatchFilesAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
            List<SecretEntry> files;
            lock (gate)
                files = [.. entries.Values.Where(static e => e.Dependency.Kind == TemplateDependencyKind.File && e.Fetching is null)];
            // Also those that could not be read: they may be there now.
            var others = files.Where(static e => FileStamp.Of(e.Dependency.Path) != e.Stamp).ToList();
            if (others.Count == 0)
                continue;
            lock (gate)
            {
                foreach (var entry in others)
                    MarkStale(entry);
            }
            Wake(ref changed);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Ends all leases at the server.</summary>
    /// <returns>How many could not be ended; they end by themselves, or with the token.</returns>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        if (requests.Token.Current is not { } token)
            return 0;
        Task[] fetches;
        lock (gate)
            fetches = [.. entries.Values.Select(static e => e.Fetching).OfType<Task>()];
        // They may bring leases yet.
        await Waiting.ForEitherAsync(Task.WhenAll(fetches), patience / 2, time, CancellationToken.None);
        List<SecretLease> held;
        lock (gate)
            held = [.. left, .. entries.Values.Select(static e => e.Fetched?.Lease).OfType<SecretLease>()];
        return await LeaseEnd.RevokeAsync([.. held.Where(l => l.Ends > time.GetUtcNow() && l.Owner.Equals(token))], requests, patience / 2, time);
    }

    private async Task<FetchedSecret> RefreshAsync(SecretEntry entry, Func<string> held)
    {
        long? atLeast;
        bool isFirst;
        long began;
        lock (gate)
        {
            (atLeast, isFirst, began) = (entry.AtLeast, entry.Fetched is null, moment);
            entry.Since = heard;
        }
        try
        {
            var fetched = await FetchAsync(entry, isFirst, atLeast, held);
            lock (gate)
            {
                Supersede(entry.Fetched?.Lease);
                entry.Fetched = fetched;
                // What changed while the answer was on its way may not be in it.
                entry.IsStale = entry.ChangedAt > began;
                entry.Due = schedule.DueOf(fetched);
                entry.AtLeast = entry.IsStale ? entry.AtLeast : null;
                entry.RenewalPauses.Reset();
                TakeTold(entry);
                Rewatch();
            }
            Wake(ref scheduled);
            return fetched;
        }
        catch (SecretException e)
        {
            lock (gate)
            {
                // To hear of it as soon as it is there.
                entry.Missing = e.WatchPath ?? entry.Missing;
                TakeTold(entry);
                Rewatch();
            }
            throw;
        }
        finally
        {
            lock (gate)
            {
                entry.Fetching = null;
                entry.Told.Clear();
                entry.AllTold = null;
            }
        }
    }

    // What was told before it was known to concern this answer.
    private void TakeTold(SecretEntry entry)
    {
        if (entry.WatchPath is null)
            return;
        var told = entry.Told.Where(p => IsAt(entry.WatchPath, p.Path)).Select(static p => p.Index).ToList();
        if (entry.AllTold is { } index)
            told.Add(index);
        if (told.Count == 0)
            return;
        MarkStale(entry, told.Max());
        Wake(ref changed);
    }

    private async Task<FetchedSecret> FetchAsync(SecretEntry entry, bool isFirst, long? atLeast, Func<string> held)
    {
        if (entry.Dependency.Kind == TemplateDependencyKind.File)
            return await ReadFileAsync(entry);
        if (entry.Dependency.Kind == TemplateDependencyKind.Certificate && isFirst
            && Certificates.Reusable(held(), entry.Dependency.Parameters, time.GetUtcNow()) is { } still)
            return Certificates.Fetched(still, time.GetUtcNow());
        await places.WaitAsync();
        try
        {
            return await fetcher.FetchAsync(entry.Dependency, atLeast, CancellationToken.None);
        }
        finally
        {
            places.Release();
        }
    }

    private static async Task<FetchedSecret> ReadFileAsync(SecretEntry entry)
    {
        try
        {
            // The stamp first: what changes behind it is seen by the next look.
            entry.Stamp = FileStamp.Of(entry.Dependency.Path);
            var value = await new TemplateFileReader(entry.Sandbox).ReadAsync(entry.Dependency.Path, CancellationToken.None);
            return new FetchedSecret(value, Refreshing.WithFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SecretException(e.Message);
        }
    }

    // Of what is due: those that are to be renewed; the rest becomes stale.
    private List<SecretEntry> TakeDue()
    {
        var renewable = new List<SecretEntry>();
        lock (gate)
        {
            foreach (var entry in entries.Values.Where(e => e.Due <= time.GetUtcNow()).ToList())
            {
                entry.Due = null;
                if (entry.Fetched is { Lease: { IsRenewable: true } lease } && lease.Ends > time.GetUtcNow())
                    renewable.Add(entry);
                else
                    MarkStale(entry);
            }
        }
        Wake(ref changed);
        return renewable;
    }

    private async Task RenewAsync(SecretEntry entry, CancellationToken cancellation)
    {
        var lease = entry.Fetched!.Lease!;
        SecretLease? renewed;
        try
        {
            renewed = await LeaseRenewal.TryAsync(lease, requests, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (gate)
        {
            if (entry.Fetched.Lease != lease)
                return;
            if (renewed is null)
                entry.Due = time.GetUtcNow() + entry.RenewalPauses.Next();
            else
            {
                entry.RenewalPauses.Reset();
                entry.Fetched = entry.Fetched with { Lease = renewed };
                entry.Due = schedule.DueOf(entry.Fetched);
            }
        }
        Wake(ref scheduled);
    }

    private void MarkStale(SecretEntry entry, long index)
    {
        entry.AtLeast = Math.Max(entry.AtLeast ?? 0, index);
        MarkStale(entry);
    }

    private void MarkStale(SecretEntry entry)
    {
        entry.IsStale = true;
        entry.Due = null;
        entry.ChangedAt = ++moment;
    }

    // Whoever had the last lease's value may use it until it has the next one's.
    private void Supersede(SecretLease? lease)
    {
        left.RemoveAll(l => l.Ends <= time.GetUtcNow());
        if (lease is not null)
            left.Add(lease);
    }

    private void Rewatch()
    {
        var paths = entries.Values.Select(static e => e.WatchPath).OfType<string>().Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal).ToList();
        if (paths.SequenceEqual(watchPaths))
            return;
        watchPaths = paths;
        var before = watched;
        watched = New();
        before.SetResult();
    }

    private void Wake(ref TaskCompletionSource signal)
    {
        TaskCompletionSource before;
        lock (gate)
        {
            before = signal;
            signal = New();
        }
        before.SetResult();
    }

    private static bool IsAt(string? watchPath, string path) => watchPath is not null
        && (watchPath == path || (watchPath.EndsWith("/*", StringComparison.Ordinal) && path.StartsWith(watchPath[..^1], StringComparison.Ordinal)));

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
