namespace Kist.Client.Templates;

/// <summary>What a template asks for.</summary>
public enum TemplateDependencyKind
{
    /// <summary>A secret that is read (<c>secret "path"</c>).</summary>
    Read,

    /// <summary>An answer to a write (<c>secret "path" "key=value"</c>).</summary>
    Write,

    /// <summary>The keys under a path (<c>secrets "path"</c>).</summary>
    List,

    /// <summary>A certificate that is issued, or kept while it is valid (<c>pkiCert "path" "key=value"</c>).</summary>
    Certificate,

    /// <summary>A file on this machine (<c>file "path"</c>).</summary>
    File,
}

/// <summary>
/// Something that a template's output depends on: what to fetch for it, and what to watch or renew afterwards. Two that ask for the same are equal.
/// </summary>
public sealed class TemplateDependency : IEquatable<TemplateDependency>
{
    private readonly SortedDictionary<string, string> parameters;

    /// <summary>A dependency.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="path">Of an API: without slashes around it, a query (<c>?version=1</c>) included. Of a file: as written.</param>
    /// <param name="parameters">What is sent; empty unless something is written or issued.</param>
    public TemplateDependency(TemplateDependencyKind kind, string path, IEnumerable<KeyValuePair<string, string>>? parameters = null)
    {
        Kind = kind;
        Path = path;
        this.parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in parameters ?? [])
            this.parameters[key] = value;
    }

    /// <summary>What it is.</summary>
    public TemplateDependencyKind Kind { get; }

    /// <summary>
    /// The path as the template has it. Whether a KV v2 mount needs <c>data/</c> or <c>metadata/</c> put into it is for the fetcher to find out.
    /// </summary>
    public string Path { get; }

    /// <summary>What is sent, which may be secret.</summary>
    public IReadOnlyDictionary<string, string> Parameters => parameters;

    /// <inheritdoc/>
    public bool Equals(TemplateDependency? other) => other is not null
        && Kind == other.Kind
        && Path == other.Path
        && parameters.Count == other.parameters.Count
        && parameters.Zip(other.parameters).All(pair => pair.First.Key == pair.Second.Key && pair.First.Value == pair.Second.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TemplateDependency);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Path, parameters.Count);

    /// <summary>Kind and path, never the parameters.</summary>
    public override string ToString() => $"{Kind}: {Path}";
}
