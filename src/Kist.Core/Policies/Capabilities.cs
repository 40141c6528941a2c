using Kist.Core.Pipeline;

namespace Kist.Core.Policies;

/// <summary>What a rule grants at its path. One capability for each operation, and two of their own.</summary>
[Flags]
public enum Capabilities
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Write where nothing stands.</summary>
    Create = 1,

    /// <summary>Read.</summary>
    Read = 1 << 1,

    /// <summary>Write where something stands, or act.</summary>
    Update = 1 << 2,

    /// <summary>Merge into what stands.</summary>
    Patch = 1 << 3,

    /// <summary>Delete.</summary>
    Delete = 1 << 4,

    /// <summary>List direct children.</summary>
    List = 1 << 5,

    /// <summary>List all descendants.</summary>
    Scan = 1 << 6,

    /// <summary>Call root-protected routes, besides the capability of the operation.</summary>
    Sudo = 1 << 7,

    /// <summary>Nothing, whatever other policies grant at the same path.</summary>
    Deny = 1 << 8,
}

/// <summary>The names of capabilities in policies and answers.</summary>
internal static class CapabilityNames
{
    // In alphabetical order, which the answers of sys/capabilities keep.
    private static readonly (string Name, Capabilities Capability)[] Table =
    [
        ("create", Capabilities.Create), ("delete", Capabilities.Delete), ("deny", Capabilities.Deny),
        ("list", Capabilities.List), ("patch", Capabilities.Patch), ("read", Capabilities.Read),
        ("scan", Capabilities.Scan), ("sudo", Capabilities.Sudo), ("update", Capabilities.Update),
    ];

    public static IEnumerable<string> All => Table.Select(t => t.Name);

    public static bool TryParse(string name, out Capabilities capability)
    {
        capability = Array.Find(Table, t => t.Name == name).Capability;
        return capability != Capabilities.None;
    }

    /// <summary>The names in alphabetical order; <c>deny</c> alone when nothing is granted.</summary>
    public static IReadOnlyList<string> Of(Capabilities capabilities) =>
        capabilities == Capabilities.None || capabilities.HasFlag(Capabilities.Deny)
            ? ["deny"]
            : [.. Table.Where(t => capabilities.HasFlag(t.Capability)).Select(t => t.Name)];

    /// <summary>The capability that an operation needs.</summary>
    public static Capabilities For(Operation operation) => operation switch
    {
        Operation.Create => Capabilities.Create,
        Operation.Read => Capabilities.Read,
        Operation.Update => Capabilities.Update,
        Operation.Patch => Capabilities.Patch,
        Operation.Delete => Capabilities.Delete,
        Operation.List => Capabilities.List,
        Operation.Scan => Capabilities.Scan,
        _ => throw new ArgumentOutOfRangeException(nameof(operation)),
    };
}
