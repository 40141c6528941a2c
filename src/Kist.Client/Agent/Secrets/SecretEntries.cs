using Kist.Client.Templates;

namespace Kist.Client.Agent.Secrets;

/// <summary>What is known of all dependencies, under one lock, and who uses what. What has changed becomes stale, and its users are told.</summary>
internal sealed class SecretEntries
{
    private readonly Dictionary<(TemplateDependency Dependency, string Sandbox), SecretEntry> entries = [];
    private readonly Pulse changed = new();
    private long moment;

    /// <summary>Guards all of it but what takes it itself.</summary>
    public Lock Gate { get; } = new();

    /// <summary>All entries. The lock is held.</summary>
    public IReadOnlyCollection<SecretEntry> All => entries.Values;

    /// <summary>The present moment: what changes after it has a later one. The lock is held.</summary>
    public long Moment => moment;

    /// <summary>The entry of a dependency, made where there is none. The lock is held.</summary>
    /// <param name="dependency">What is asked for.</param>
    /// <param name="sandbox">For a file: the folder that it must lie in, or empty.</param>
    public SecretEntry Of(TemplateDependency dependency, string sandbox)
    {
        var key = (dependency, dependency.Kind == TemplateDependencyKind.File ? sandbox : "");
        if (!entries.TryGetValue(key, out var entry))
            entries[key] = entry = new SecretEntry(dependency, key.Item2);
        return entry;
    }

    /// <summary>Says what a user needs from now on, and forgets what nobody needs any more. The lock is held.</summary>
    /// <returns>What was forgotten.</returns>
    public IReadOnlyList<SecretEntry> Use(object user, IReadOnlyCollection<TemplateDependency> dependencies, string sandbox)
    {
        var unused = new List<SecretEntry>();
        foreach (var (key, entry) in entries.ToList())
        {
            if (dependencies.Contains(key.Dependency) && (key.Dependency.Kind != TemplateDependencyKind.File || key.Sandbox == sandbox))
                entry.Users.Add(user);
            else if (entry.Users.Remove(user) && entry.Users.Count == 0 && entry.Fetching is null)
            {
                entries.Remove(key);
                unused.Add(entry);
            }
        }
        return unused;
    }

    /// <summary>It must be fetched anew. The lock is held; <see cref="Announce"/> tells its users.</summary>
    public void MarkStale(SecretEntry entry)
    {
        entry.IsStale = true;
        entry.Due = null;
        entry.ChangedAt = ++moment;
    }

    /// <summary>As <see cref="MarkStale(SecretEntry)"/>; the next answer must include a state.</summary>
    public void MarkStale(SecretEntry entry, long index)
    {
        entry.AtLeast = Math.Max(entry.AtLeast ?? 0, index);
        MarkStale(entry);
    }

    /// <summary>Tells users that something has changed.</summary>
    public void Announce() => changed.Send();

    /// <summary>Waits until one of a user's dependencies has changed after a moment.</summary>
    public async Task ChangedAsync(object user, long since, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (Gate)
            {
                if (entries.Values.Any(e => e.ChangedAt > since && e.Users.Contains(user)))
                    return;
                next = changed.Next;
            }
            await next.WaitAsync(cancellation);
        }
    }
}
