namespace Kist.Core.Namespaces;

/// <summary>Identifies a tenant namespace in keys and additional data. Random, except the root's, which is 0.</summary>
public readonly record struct NamespaceId(ulong Value)
{
    /// <summary>The namespace that holds all others.</summary>
    public static NamespaceId Root { get; } = new(0);

    /// <inheritdoc/>
    public override string ToString() => Value == 0 ? "root" : Value.ToString("x16", null);
}
