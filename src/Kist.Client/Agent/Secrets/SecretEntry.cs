using Kist.Client.Templates;

namespace Kist.Client.Agent.Secrets;

/// <summary>What is known of one dependency. Guarded by the lock of <see cref="SecretEntries"/>.</summary>
/// <param name="dependency">What is asked for.</param>
/// <param name="sandbox">For a file: the folder that it must lie in, or empty.</param>
internal sealed class SecretEntry(TemplateDependency dependency, string sandbox)
{
    /// <summary>What is asked for.</summary>
    public TemplateDependency Dependency { get; } = dependency;

    /// <summary>The folder that a file must lie in, or empty.</summary>
    public string Sandbox { get; } = sandbox;

    /// <summary>The last good answer, or null.</summary>
    public FetchedSecret? Fetched { get; set; }

    /// <summary>The path that notices of changes name: the last answer's, or that at which there is nothing yet; or null.</summary>
    public string? WatchPath => Fetched is null ? Missing : Fetched.WatchPath;

    /// <summary>Where there was nothing, while there is no answer.</summary>
    public string? Missing { get; set; }

    /// <summary>
    /// The state up to which changes had been told when the last fetch began, or null: what changed later may not be in its answer.
    /// </summary>
    public long? Since { get; set; }

    /// <summary>What was told while a fetch is under way, and may concern it once it is known what it is of.</summary>
    public List<Watching.WatchedPath> Told { get; } = [];

    /// <summary>While a fetch is under way, all may have changed: the state that includes it, or null.</summary>
    public long? AllTold { get; set; }

    /// <summary>Whether the answer is to be fetched again by who asks next.</summary>
    public bool IsStale { get; set; } = true;

    /// <summary>The fetch under way, for all who ask meanwhile; or null.</summary>
    public Task<FetchedSecret>? Fetching { get; set; }

    /// <summary>The moment, as the cache counts them, of the last change.</summary>
    public long ChangedAt { get; set; }

    /// <summary>The state that the next answer must include, or null.</summary>
    public long? AtLeast { get; set; }

    /// <summary>The moment at which something is to be done about it, a renewal or a fetch: a timestamp of the clock that nobody sets.</summary>
    public long? Due { get; set; }

    /// <summary>Of a file: its stamp when it was last read, or tried to be.</summary>
    public FileStamp? Stamp { get; set; }

    /// <summary>Who uses it.</summary>
    public HashSet<object> Users { get; } = [];
}
