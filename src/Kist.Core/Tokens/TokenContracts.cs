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

    /// <summary>What the caller must prove before there is a token: then there is no more in this than the entity. Null otherwise.</summary>
    public MfaRequirement? MfaRequirement { get; init; }
}

/// <summary>The second proofs that a login lacks.</summary>
/// <param name="RequestId">Goes to <c>sys/mfa/validate</c> with the codes. Whoever has it needs the codes still.</param>
/// <param name="Constraints">All of them must be satisfied.</param>
public sealed record MfaRequirement([property: JsonConverter(typeof(RedactedTextConverter))] SecretText RequestId, IReadOnlyList<MfaConstraint> Constraints);

/// <summary>An enforcement that a login is subject to.</summary>
/// <param name="Name">The enforcement's name.</param>
/// <param name="Any">The methods, one of which is enough. All take codes of an authenticator app.</param>
public sealed record MfaConstraint(string Name, IReadOnlyList<MfaChoice> Any);

/// <summary>A method of login MFA.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name, or empty.</param>
public sealed record MfaChoice(string Id, string Name);

/// <summary>The server's bounds on tokens, which a mount may narrow or widen by <c>tune</c>.</summary>
/// <param name="DefaultTtl">TTL of a token that asks for none.</param>
/// <param name="MaxTtl">Longest life of a token that is neither root nor periodic.</param>
public sealed record TokenLimits(TimeSpan DefaultTtl, TimeSpan MaxTtl)
{
    /// <summary>768 hours for both, as Vault.</summary>
    public static TokenLimits Standard { get; } = new(TimeSpan.FromHours(768), TimeSpan.FromHours(768));
}
