using System.Text.Json.Serialization;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>What a token is stored as and good for.</summary>
public enum TokenType
{
    /// <summary>Stored, revocable, may have children.</summary>
    [JsonStringEnumMemberName("service")]
    Service,

    /// <summary>Self-contained, encrypted, ends by itself or with its parent.</summary>
    [JsonStringEnumMemberName("batch")]
    Batch,

    /// <summary>Stored with one wrapped answer, which it opens once; good for nothing else.</summary>
    [JsonStringEnumMemberName("wrapping")]
    Wrapping,
}

/// <summary>
/// A token just issued or renewed: the <c>auth</c> block of an answer. A handler that returns it has no other body; the pipeline moves it to
/// <see cref="Pipeline.Response.Auth"/>. As JSON it shows no id.
/// </summary>
public sealed record IssuedToken
{
    /// <summary>The token id; shown once. Empty when the caller knows the token only by its accessor.</summary>
    [JsonConverter(typeof(RedactedTextConverter))]
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

/// <summary>The server's bounds on tokens, which a mount may narrow or widen by <c>tune</c>.</summary>
/// <param name="DefaultTtl">TTL of a token that asks for none.</param>
/// <param name="MaxTtl">Longest life of a token that is neither root nor periodic.</param>
public sealed record TokenLimits(TimeSpan DefaultTtl, TimeSpan MaxTtl)
{
    /// <summary>768 hours for both, as Vault.</summary>
    public static TokenLimits Standard { get; } = new(TimeSpan.FromHours(768), TimeSpan.FromHours(768));
}
