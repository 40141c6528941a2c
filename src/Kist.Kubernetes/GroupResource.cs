namespace Kist.Kubernetes;

/// <summary>A resource type as an EncryptionConfiguration names it: <c>secrets</c>, <c>deployments.apps</c>, and the wildcards.</summary>
/// <param name="Resource">The plural, or <c>*</c>.</param>
/// <param name="Group">The API group, empty for the core group, or <c>*</c>.</param>
public readonly record struct GroupResource(string Resource, string Group)
{
    private const string Any = "*";

    /// <summary><c>*.*</c>: everything.</summary>
    public static GroupResource Everything { get; } = new(Any, Any);

    /// <summary>True for <c>*.</c>, <c>*.group</c> and <c>*.*</c>.</summary>
    public bool IsWildcard => Resource is Any;

    /// <summary>All resources of the same group.</summary>
    public GroupResource WholeGroup => new(Any, Group);

    /// <summary>Reads a name as the API server does: all behind the first dot is the group; <c>secrets.</c> is <c>secrets</c>.</summary>
    public static GroupResource Parse(string name) =>
        name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? new(name[..dot], name[(dot + 1)..]) : new(name, "");

    /// <summary>The form that the file has.</summary>
    public override string ToString() => (Group, IsWildcard) switch
    {
        ("", true) => "*.",
        ("", false) => Resource,
        _ => $"{Resource}.{Group}",
    };
}
