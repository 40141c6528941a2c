using Kist.Wire.Hcl;

namespace Kist.Kubernetes.Encryption;

/// <summary>Where something stands in the file.</summary>
/// <param name="Path">As the API server's messages name it: <c>resources[0].providers[1].aescbc.keys[0]</c>. Empty for the whole file.</param>
/// <param name="Position">Line and column.</param>
public sealed record Place(string Path, HclPosition Position)
{
    /// <summary>The whole file.</summary>
    public static Place File { get; } = new("", HclPosition.Start);

    /// <summary>Where the fields of a mapping stand.</summary>
    internal IReadOnlyDictionary<string, HclPosition>? Fields { get; init; }

    /// <summary>A field in it; one that is absent is placed where the mapping itself stands.</summary>
    public Place Field(string name) => new(
        Path.Length == 0 ? name : $"{Path}.{name}",
        Fields is not null && Fields.TryGetValue(name, out var position) ? position : Position);

    /// <summary>An element of it.</summary>
    public Place Element(int index, HclPosition position) => new($"{Path}[{index}]", position);
}
