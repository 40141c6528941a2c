namespace Kist.Core.Watching;

/// <summary>What a watcher asks for: whole paths, and folders (<c>secret/data/shop/*</c>) with all that lies below them.</summary>
internal sealed class WatchedPaths
{
    /// <summary>Most paths of one watcher.</summary>
    public const int Most = 256;

    private const int MaxLength = 1_024;

    private readonly HashSet<string> keys;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup;

    private WatchedPaths(HashSet<string> keys)
    {
        this.keys = keys;
        lookup = keys.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The paths, and the folders with their trailing slash.</summary>
    public IReadOnlyCollection<string> Keys => keys;

    /// <summary>Reads what a client asks for.</summary>
    public static Outcome<WatchedPaths> Parse(IReadOnlyList<string> texts)
    {
        if (texts.Count is 0 or > Most)
            return Invalid($"takes 1 to {Most} paths");
        var read = new HashSet<string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var path = text.TrimStart('/');
            if (path.Length is 0 or > MaxLength || path.Any(char.IsControl))
                return Invalid($"a path has 1 to {MaxLength} characters, and no control characters");
            var star = path.IndexOf('*', StringComparison.Ordinal);
            if (star >= 0 && (star != path.Length - 1 || !path.EndsWith("/*", StringComparison.Ordinal)))
                return Invalid("a star stands for all below a folder, at the end: secret/data/shop/*");
            if (star < 0 && path.EndsWith('/'))
                return Invalid("a folder ends in /*");
            read.Add(star < 0 ? path : path[..star]);
        }
        return new WatchedPaths(read);
    }

    /// <summary>What a change of a path may be watched as: the path itself and each folder around it.</summary>
    public static IEnumerable<ReadOnlyMemory<char>> KeysOf(string path)
    {
        yield return path.AsMemory();
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            yield return path.AsMemory(0, slash + 1);
    }

    /// <summary>Whether a path is among them.</summary>
    public bool Include(string path) => KeysOf(path).Any(k => lookup.Contains(k.Span));

    private static Failure Invalid(string what) => Failure.Invalid("watch.invalid_paths", $"field \"paths\": {what}");
}
