using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>Service tokens are stored and revocable; batch tokens are self-contained, encrypted, and end by themselves.</summary>
public enum TokenType
{
    /// <summary>Stored.</summary>
    Service,

    /// <summary>Self-contained.</summary>
    Batch,
}

/// <summary>A token just issued or renewed: the <c>auth</c> block of an answer.</summary>
public sealed record IssuedToken
{
    /// <summary>The token id; shown once.</summary>
    public required SecretText ClientToken { get; init; }

    /// <summary>Names the token without granting anything; empty for batch tokens.</summary>
    public string Accessor { get; init; } = "";

    /// <summary>Policies in force, sorted.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Policies of the token itself.</summary>
    public IReadOnlyList<string> TokenPolicies { get; init; } = [];

    /// <summary>Policies that the identity adds.</summary>
    public IReadOnlyList<string> IdentityPolicies { get; init; } = [];

    /// <summary>Login metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Time to live; zero never ends (root).</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>True when it can be renewed.</summary>
    public bool Renewable { get; init; }

    /// <summary>The identity entity, or empty.</summary>
    public string EntityId { get; init; } = "";

    /// <summary>Service or batch.</summary>
    public TokenType Type { get; init; }

    /// <summary>True without a parent.</summary>
    public bool Orphan { get; init; }

    /// <summary>Uses left; 0 is unlimited.</summary>
    public int NumUses { get; init; }
}
