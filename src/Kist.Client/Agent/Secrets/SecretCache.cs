using System.Diagnostics.CodeAnalysis;
using Kist.Client.Agent.Templates;
using Kist.Client.Templates;
using Kist.Client.Templates.Values;

namespace Kist.Client.Agent.Secrets;

/// <summary>
/// What templates depend on, fetched once for all of them. It does not fetch by itself: what has changed, or is about to end, becomes stale, whoever
/// uses it is told, and the first who asks fetches it anew. So the last good answer stands for as long as there is no other. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle to free, and requests may outlive who asked for them.")]
internal sealed class SecretCache
{
    private const int MostRequests = 16;

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(30);

    private readonly AgentRequests requests;
    private readonly TimeProvider time;
    private readonly TimeProvider wall;
    private readonly SecretEntries entries = new();
    private readonly WatchedPaths paths;
    private readonly SecretRenewals renewals;
    private readonly SecretFiles files;
    private readonly SecretFetcher fetcher;
    private readonly SemaphoreSlim places;
    private readonly List<SecretLease> left = [];

    /// <summary>A cache that is empty.</summary>
    /// <param name="requests">Speaks to the server.</param>
    /// <param name="options">When to fetch what nobody tells of.</param>
    /// <param name="time">The clock.</param>
    public SecretCache(AgentRequests requests, TemplateOptionsConfig options, TimeProvider time)
    {
        (this.requests, this.time, wall) = (requests, time, SteadyTime.Wall(time));
        paths = new WatchedPaths(entries);
        renewals = new SecretRenewals(entries, requests, options, time);
        files = new SecretFiles(entries, time);
        fetcher = new SecretFetcher(requests, options.LeaseRenewalThreshold, time);
        places = new SemaphoreSlim(options.MaxConnectionsPerHost is > 0 and < MostRequests and var most ? most : MostRequests);
    }

    /// <summary>The present moment: what changes after it has a later one.</summary>
    public long Moment
    {
        get
        {
            lock (entries.Gate)
                return entries.Moment;
        }
    }

    /// <inheritdoc cref="SecretRenewals.IsUnwatched"/>
    public bool IsUnwatched
    {
        get => renewals.IsUnwatched;
        set => renewals.IsUnwatched = value;
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
        lock (entries.Gate)
        {
            var entry = entries.Of(dependency, sandbox);
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
        List<SecretLease> unused;
        lock (entries.Gate)
        {
            unused = [.. entries.Use(user, dependencies, sandbox).Select(static e => e.Fetched?.Lease).OfType<SecretLease>()];
            paths.Renew();
        }
        if (unused.Count > 0)
            _ = LeaseEnd.RevokeAsync(unused, requests, EndPatience, time);
    }

    /// <inheritdoc cref="SecretEntries.ChangedAsync"/>
    public Task ChangedAsync(object user, long since, CancellationToken cancellation) => entries.ChangedAsync(user, since, cancellation);

    /// <inheritdoc cref="WatchedPaths.Now"/>
    public (IReadOnlyList<string> Paths, Task Changed) Watched() => paths.Now();

    /// <inheritdoc cref="WatchedPaths.Tell"/>
    public void Tell(IEnumerable<Watching.WatchedPath> changes) => paths.Tell(changes);

    /// <inheritdoc cref="WatchedPaths.TellAll"/>
    public void TellAll(long index) => paths.TellAll(index);

    /// <inheritdoc cref="WatchedPaths.Hear"/>
    public void Hear(long index) => paths.Hear(index);

    /// <inheritdoc cref="WatchedPaths.SinceOf"/>
    public long? SinceOf(IReadOnlySet<string> added) => paths.SinceOf(added);

    /// <inheritdoc cref="SecretRenewals.KeepAsync"/>
    public Task KeepAsync(CancellationToken cancellation) => renewals.KeepAsync(cancellation);

    /// <inheritdoc cref="SecretFiles.WatchAsync"/>
    public Task WatchFilesAsync(CancellationToken cancellation) => files.WatchAsync(cancellation);

    /// <summary>The agent has another token: leases that came with the last one end with it.</summary>
    public void TakeToken(Crypto.SecretText token)
    {
        lock (entries.Gate)
        {
            foreach (var entry in entries.All.Where(e => e.Fetched?.Lease is { } lease && !lease.Owner.Equals(token)))
                entries.MarkStale(entry);
        }
        entries.Announce();
    }

    /// <summary>Ends all leases at the server.</summary>
    /// <returns>How many could not be ended; they end by themselves, or with the token.</returns>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        if (requests.Token.Current is not { } token)
            return 0;
        Task[] fetches;
        lock (entries.Gate)
            fetches = [.. entries.All.Select(static e => e.Fetching).OfType<Task>()];
        // They may bring leases yet.
        await Waiting.ForEitherAsync(Task.WhenAll(fetches), patience / 2, time, CancellationToken.None);
        List<SecretLease> held;
        lock (entries.Gate)
            held = [.. left, .. entries.All.Select(static e => e.Fetched?.Lease).OfType<SecretLease>()];
        return await LeaseEnd.RevokeAsync([.. held.Where(l => !l.Term.IsOver(time) && l.Owner.Equals(token))], requests, patience / 2, time);
    }

    private async Task<FetchedSecret> RefreshAsync(SecretEntry entry, Func<string> held)
    {
        long? atLeast;
        bool isFirst;
        long began;
        lock (entries.Gate)
            (atLeast, isFirst, began) = (paths.Begin(entry), entry.Fetched is null, entries.Moment);
        try
        {
            var fetched = await AskAsync(entry, isFirst, atLeast, held);
            lock (entries.Gate)
            {
                Supersede(entry.Fetched?.Lease);
                entry.Fetched = fetched;
                // What changed while the answer was on its way may not be in it.
                entry.IsStale = entry.ChangedAt > began;
                entry.AtLeast = entry.IsStale ? entry.AtLeast : null;
                renewals.Take(entry, fetched);
                paths.TakeTold(entry);
                paths.Renew();
            }
            return fetched;
        }
        catch (SecretException e)
        {
            lock (entries.Gate)
            {
                // To hear of it as soon as it is there.
                entry.Missing = e.WatchPath ?? entry.Missing;
                paths.TakeTold(entry);
                paths.Renew();
            }
            throw;
        }
        finally
        {
            lock (entries.Gate)
            {
                entry.Fetching = null;
                entry.Told.Clear();
                entry.AllTold = null;
            }
        }
    }

    private async Task<FetchedSecret> AskAsync(SecretEntry entry, bool isFirst, long? atLeast, Func<string> held)
    {
        if (entry.Dependency.Kind == TemplateDependencyKind.File)
            return await SecretFiles.ReadAsync(entry);
        if (entry.Dependency.Kind == TemplateDependencyKind.Certificate && isFirst
            && Certificates.Reusable(held(), entry.Dependency.Parameters, wall.GetUtcNow()) is { } still)
            return Certificates.Fetched(still, wall.GetUtcNow());
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

    // Whoever had the last lease's value may use it until it has the next one's.
    private void Supersede(SecretLease? lease)
    {
        left.RemoveAll(l => l.Term.IsOver(time));
        if (lease is not null)
            left.Add(lease);
    }
}
