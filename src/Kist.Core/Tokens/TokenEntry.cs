using System.Text.Json.Serialization;

namespace Kist.Core.Tokens;

/// <summary>A token as stored (service) or carried by itself (batch). The id is not in it: only its keyed hash names the entry.</summary>
public sealed record TokenEntry
{
    /// <summary>
    /// Deepest tree: a token this far from its tree's first one cannot have children, so that a check of the ancestors stays cheap.
    /// </summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// Largest entry of a new token, in bytes of JSON as stored: entries are read at each request and rewritten at each use, and a revocation that
    /// makes orphans rewrites many in one commit. Those of former times may be larger.
    /// </summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>The same for a batch token, which travels in a header: in base64 it becomes a third longer.</summary>
    public const int MaxBatchBytes = 16 * 1024;

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Names the token without granting anything; empty for batch tokens.</summary>
    public string Accessor { get; init; } = "";

    /// <summary>Keyed hash of the parent's id in hex; empty for an orphan.</summary>
    public string ParentHash { get; init; } = "";

    /// <summary>How many ancestors it had when it was issued.</summary>
    public int Depth { get; init; }

    /// <summary>What it is stored as and good for.</summary>
    public TokenType Type { get; init; }

    /// <summary>Policies, sorted, without repeats.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>The path that issued it (<c>auth/token/create</c>); of a wrapping token the path whose answer is inside.</summary>
    public string Path { get; init; } = "";

    /// <summary>For people; part of audit records.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>Login metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>When it was issued.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>When it ends; null for never (root).</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The TTL given at creation.</summary>
    public TimeSpan CreationTtl { get; init; }

    /// <summary>The longest life that its issuer set (an auth method's <c>token_max_ttl</c>); zero leaves it to the mount and the server.</summary>
    public TimeSpan MaxTtl { get; init; }

    /// <summary>No renewal reaches beyond this age; zero without such a limit.</summary>
    public TimeSpan ExplicitMaxTtl { get; init; }

    /// <summary>
    /// Each renewal sets the TTL to this again, without a maximum; zero for others. A role's period is the role's, not stored here.
    /// </summary>
    public TimeSpan Period { get; init; }

    /// <summary>True when it can be renewed.</summary>
    public bool Renewable { get; init; }

    /// <summary>When it was last renewed, or null.</summary>
    public DateTimeOffset? LastRenewal { get; init; }

    /// <summary>Uses left; 0 is unlimited, -1 used up and about to be revoked.</summary>
    public int NumUses { get; init; }

    /// <summary>Client networks it may be used from (CIDR); empty for all.</summary>
    public IReadOnlyList<string> BoundCidrs { get; init; } = [];

    /// <summary>The token role it was made by, or empty.</summary>
    public string Role { get; init; } = "";

    /// <summary>The login that issued it; null for a token that another token made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TokenLogin? Login { get; init; }

    /// <summary>The identity entity, or empty.</summary>
    public string EntityId { get; init; } = "";

    /// <summary>True for the trace of a token that was revoked without its children, kept while they are being made orphans.</summary>
    public bool Revoked { get; init; }

    /// <summary>True when the policy <c>root</c> is among its policies.</summary>
    [JsonIgnore]
    public bool IsRoot => Policies.Contains("root", StringComparer.Ordinal);

    /// <summary>True unless it is revoked, used up or past its end. Says nothing of its ancestors.</summary>
    public bool IsAlive(DateTimeOffset now) => !Revoked && NumUses >= 0 && (ExpiresAt is not { } end || now < end);
}

/// <summary>The login that issued a token.</summary>
/// <param name="Mount">Id of the auth method's mount. When the mount is gone, the token is not valid any more.</param>
/// <param name="Role">The role or user of the method, which is asked again when the token is renewed.</param>
public sealed record TokenLogin(ulong Mount, string Role);
