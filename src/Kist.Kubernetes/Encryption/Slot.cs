using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption;

/// <summary>
/// One way to store a resource: a provider's key, a KMS, or plaintext. A resource's slots are tried in order; the first one writes.
/// </summary>
/// <param name="Kind">The provider's kind.</param>
/// <param name="Name">The key's name, for a KMS the provider's; empty for identity.</param>
public sealed record Slot(ProviderKind Kind, string Name)
{
    /// <summary>With what a value of this slot starts; empty for plaintext.</summary>
    public string Prefix => Kind == ProviderKind.Identity ? "" : $"{Kind.Prefix()}{Name}:";

    /// <summary>For people: <c>secretbox key "a"</c>.</summary>
    public override string ToString() => Kind switch
    {
        ProviderKind.Identity => "plaintext",
        ProviderKind.KmsV1 or ProviderKind.KmsV2 => $"{Kind.Name()} plugin \"{Name}\"",
        _ => $"{Kind.Name()} key \"{Name}\"",
    };

    /// <summary>The slots of a provider, in order.</summary>
    internal static IEnumerable<Slot> Of(ProviderConfiguration provider) => provider switch
    {
        { Kms: { } kms, Kind: { } kind } => [new Slot(kind, kms.Name)],
        { Keyed: { } keyed, Kind: { } kind } => keyed.Keys.Select(key => new Slot(kind, key.Name)),
        { Kind: ProviderKind.Identity } => [new Slot(ProviderKind.Identity, "")],
        _ => [],
    };
}
