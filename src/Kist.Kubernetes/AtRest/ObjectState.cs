using Kist.Core;
using Kist.Kubernetes.AtRest.Objects;

namespace Kist.Kubernetes.AtRest;

/// <summary>How an object is stored, measured by what the configuration wants.</summary>
public enum ObjectState
{
    /// <summary>As it would be written now.</summary>
    Encrypted,

    /// <summary>Encrypted in another way than it would be written now.</summary>
    Stale,

    /// <summary>Not encrypted, whether or not the configuration reads it.</summary>
    Plaintext,

    /// <summary>Not to be read with this configuration.</summary>
    Undecryptable,
}

/// <summary>Names of the states.</summary>
public static class ObjectStates
{
    /// <summary>The name in reports.</summary>
    public static string Name(this ObjectState state) => state switch
    {
        ObjectState.Encrypted => "encrypted",
        ObjectState.Stale => "stale",
        ObjectState.Plaintext => "plaintext",
        _ => "undecryptable",
    };

    internal static ObjectState Of(ProviderKind kind, StaleReasons stale) => (kind, stale) switch
    {
        (ProviderKind.Identity, _) => ObjectState.Plaintext,
        (_, StaleReasons.None) => ObjectState.Encrypted,
        _ => ObjectState.Stale,
    };
}

/// <summary>A value that was decrypted.</summary>
/// <param name="Kind">The provider that read it.</param>
/// <param name="KeyName">The key that read it, for a KMS the provider's name; null in plaintext.</param>
/// <param name="Stale">Why the API server would write it anew. Plaintext is not stale where identity is the first provider.</param>
public sealed record ReadResult(ProviderKind Kind, string? KeyName, StaleReasons Stale)
{
    /// <summary>The state in reports.</summary>
    public ObjectState State => ObjectStates.Of(Kind, Stale);
}

/// <summary>What can be said of a stored value.</summary>
/// <param name="State">The state in reports.</param>
/// <param name="Label">What the value says of itself, with the key's full name once a configured key matched.</param>
/// <param name="Stale">Why the API server would write it anew.</param>
public sealed record Inspection(ObjectState State, StoredLabel Label, StaleReasons Stale)
{
    /// <summary>What was stored; null when it was not decrypted or is no object.</summary>
    public StoredObject? Object { get; init; }

    /// <summary>Why the API server cannot read it; null when it can. Plaintext that no provider reads has an object all the same.</summary>
    public Failure? Failure { get; init; }

    /// <summary>True when the object says that it is another one than its key in etcd names: somebody copied it.</summary>
    public bool IsMoved { get; init; }
}
