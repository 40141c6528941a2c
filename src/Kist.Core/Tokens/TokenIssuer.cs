using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>What a new token is to be, after the rules of the path that issues it.</summary>
public sealed record TokenSpec
{
    /// <summary>The namespace it lives in.</summary>
    public NamespaceId Namespace { get; init; } = NamespaceId.Root;

    /// <summary>A custom id, or null for a random one. Service tokens of the root namespace only.</summary>
    public SecretText? Id { get; init; }

    /// <summary>The token it ends with, or null for an orphan.</summary>
    public Authenticated? Parent { get; init; }

    /// <summary>The token that asks for it, which need not become its parent; null for logins and the first root token.</summary>
    public Authenticated? Creator { get; init; }

    /// <summary>Service or batch.</summary>
    public TokenType Type { get; init; }

    /// <summary>Its policies, sanitised.</summary>
    public required IReadOnlyList<string> Policies { get; init; }

    /// <summary>The path that issues it.</summary>
    public required string Path { get; init; }

    /// <summary>For people.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>Login metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What the request asks for; zero for the default. Ignored for root tokens that may live for ever.</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>The issuer's longest TTL; zero for the mount's.</summary>
    public TimeSpan MaxTtl { get; init; }

    /// <summary>No renewal reaches beyond this age; zero for none.</summary>
    public TimeSpan ExplicitMaxTtl { get; init; }

    /// <summary>The token's own period; zero for none.</summary>
    public TimeSpan Period { get; init; }

    /// <summary>The period of the role that makes it; zero for none. The shorter of both counts.</summary>
    public TimeSpan RolePeriod { get; init; }

    /// <summary>True when it may be renewed.</summary>
    public bool Renewable { get; init; } = true;

    /// <summary>Uses; 0 is unlimited.</summary>
    public int NumUses { get; init; }

    /// <summary>Networks it is bound to.</summary>
    public IReadOnlyList<string> BoundCidrs { get; init; } = [];

    /// <summary>The token role, or empty.</summary>
    public string Role { get; init; } = "";

    /// <summary>The login that it is issued for, or null.</summary>
    public TokenLogin? Login { get; init; }

    /// <summary>The identity entity, or empty.</summary>
    public string EntityId { get; init; } = "";

    /// <summary>The issuing mount's settings, for its TTLs.</summary>
    public required MountConfig Mount { get; init; }
}

/// <summary>A token that was issued or renewed.</summary>
/// <param name="Token">For the answer.</param>
/// <param name="Revision">Revision of the commit; 0 for a batch token.</param>
/// <param name="Warnings">Hints for the caller.</param>
public sealed record TokenResult(IssuedToken Token, long Revision, IReadOnlyList<string> Warnings);

/// <summary>Issues tokens.</summary>
internal sealed class TokenIssuer(TokenSpace space, BatchTokenCodec batch, TokenLimits limits)
{
    private const int Attempts = 16;
    private const int AccessorDigits = 24;

    /// <summary>A new random accessor.</summary>
    public static string NewAccessor()
    {
        Span<byte> digits = stackalloc byte[AccessorDigits];
        RandomNumberGenerator.GetItems(Base62.Digits, digits);
        return Encoding.ASCII.GetString(digits);
    }

    /// <summary>Issues a token.</summary>
    public async ValueTask<Outcome<TokenResult>> IssueAsync(TokenSpec spec, CancellationToken cancellationToken)
    {
        if (Check(spec) is { } bad)
            return bad;
        var now = space.Clock.GetUtcNow();
        var life = LifeOf(spec, now);
        if (!life.Succeeded)
            return life.Failure;
        if (life.Value.Ttl == TimeSpan.Zero && spec.Creator is { Entry.ExpiresAt: not null })
            return Failure.Invalid("token.root_must_expire", "expiring root tokens cannot create non-expiring root tokens");
        var entry = Compose(spec, life.Value.Ttl, now);
        if (CheckSize(entry) is { } tooLarge)
            return tooLarge;
        IReadOnlyList<string> warnings = life.Value.Warning is { } warning ? [warning] : [];
        if (entry.Type == TokenType.Batch)
            return new TokenResult(Issued(await batch.SealAsync(spec.Namespace, entry, cancellationToken), entry, now), 0, warnings);
        var id = spec.Id ?? TokenId.New(TokenType.Service, spec.Namespace);
        var stored = await StoreAsync(spec, id, entry, cancellationToken);
        return stored.Succeeded ? new TokenResult(Issued(id, entry, now), stored.Value, warnings) : stored.Failure;
    }

    /// <summary>The <c>auth</c> block of a token.</summary>
    public static IssuedToken Issued(SecretText id, TokenEntry entry, DateTimeOffset now) => new()
    {
        ClientToken = id,
        Accessor = entry.Accessor,
        Policies = entry.Policies,
        TokenPolicies = entry.Policies,
        Metadata = entry.Metadata,
        Ttl = entry.ExpiresAt is { } end ? end - now : TimeSpan.Zero,
        Renewable = entry.Renewable,
        EntityId = entry.EntityId,
        Type = entry.Type,
        Orphan = entry.ParentHash.Length == 0,
        NumUses = Math.Max(entry.NumUses, 0),
    };

    private static Failure? Check(TokenSpec spec)
    {
        var parent = spec.Parent?.Entry;
        if (parent is { Depth: >= TokenEntry.MaxDepth })
            return Failure.Invalid("token.too_deep", $"a tree of tokens has at most {TokenEntry.MaxDepth} levels; create an orphan token instead");
        if (spec.Id is not null && TokenId.IsReserved(spec.Id.Utf8))
            return Failure.Invalid("token.reserved_id", $"a custom token id must not begin with \"{TokenId.Prefix}\"");
        if (spec.Type != TokenType.Batch)
            return null;
        if (spec.Policies.Contains("root", StringComparer.Ordinal))
            return Failure.Invalid("token.batch_root", "batch tokens cannot be root tokens");
        if (spec.Id is not null)
            return Failure.Invalid("token.batch_id", "batch tokens cannot have \"id\" set");
        return spec.NumUses != 0 ? Failure.Invalid("token.batch_num_uses", "batch tokens cannot have \"num_uses\" set") : null;
    }

    private static Failure? CheckSize(TokenEntry entry)
    {
        var size = JsonSerializer.SerializeToUtf8Bytes(entry, TokenJson.Default.TokenEntry).Length;
        var most = entry.Type == TokenType.Batch ? TokenEntry.MaxBatchBytes : TokenEntry.MaxBytes;
        return size <= most ? null : new Failure(
            FailureKind.TooLarge,
            "token.too_large",
            $"the token's policies, metadata, networks and names take {size} bytes, more than {most}; give it fewer or shorter ones");
    }

    private static TokenEntry Compose(TokenSpec spec, TimeSpan ttl, DateTimeOffset now)
    {
        var endless = ttl == TimeSpan.Zero;
        var isBatch = spec.Type == TokenType.Batch;
        return new TokenEntry
        {
            Accessor = isBatch ? "" : NewAccessor(),
            ParentHash = spec.Parent?.Hash ?? "",
            Depth = spec.Parent is { } parent ? parent.Entry.Depth + 1 : 0,
            Type = spec.Type,
            Policies = spec.Policies,
            Path = spec.Path,
            DisplayName = spec.DisplayName,
            Metadata = spec.Metadata,
            IssuedAt = now,
            ExpiresAt = endless ? null : now + ttl,
            CreationTtl = ttl,
            MaxTtl = spec.MaxTtl,
            ExplicitMaxTtl = spec.ExplicitMaxTtl,
            Period = spec.Period,
            Renewable = spec.Renewable && !isBatch && !endless,
            NumUses = spec.NumUses,
            BoundCidrs = endless ? [] : spec.BoundCidrs,
            Role = spec.Role,
            Login = spec.Login,
            EntityId = spec.EntityId,
        };
    }

    // Zero for a token without end, which only a root token can be.
    private Outcome<TtlDecision> LifeOf(TokenSpec spec, DateTimeOffset now)
    {
        var period = TokenTtl.Lesser(spec.Period, spec.RolePeriod);
        if (spec.Ttl == TimeSpan.Zero && period == TimeSpan.Zero && spec.Policies.Contains("root", StringComparer.Ordinal))
            return new TtlDecision(TokenTtl.AtMostLongest(spec.ExplicitMaxTtl), null);
        var terms = new TtlTerms
        {
            Asked = spec.Ttl,
            Period = spec.Type == TokenType.Batch ? TimeSpan.Zero : period,
            MaxTtl = spec.MaxTtl,
            ExplicitMaxTtl = spec.ExplicitMaxTtl,
            IssuedAt = now,
            Limits = TokenTtl.Narrow(limits, spec.Mount),
        };
        return TokenTtl.Compute(terms, now);
    }

    // The parent must still be as it was found when the child appears, so that no revocation can miss a child.
    private async ValueTask<Outcome<long>> StoreAsync(TokenSpec spec, SecretText id, TokenEntry entry, CancellationToken cancellationToken)
    {
        var records = space.Of(spec.Namespace);
        var hash = records.Hash(id.Utf8);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var transaction = records.Begin();
            records.Add(transaction, hash, entry);
            if (spec.Id is not null)
            {
                if (await records.ReadAsync(hash, cancellationToken) is not null)
                    return Failure.Invalid("token.duplicate_id", "cannot create a token with a duplicate ID");
                // The children of a revoked token with the same id must be gone before the id is used again.
                transaction.Require(records.Revoking, hash, 0);
            }
            if (spec.Parent is { } parent)
            {
                if (await records.ReadAsync(parent.Hash, cancellationToken) is not { } current || !current.Entry.IsAlive(space.Clock.GetUtcNow()))
                    return TokenFailures.NotValid;
                transaction.Require(records.Ids, parent.Hash, current.Revision);
            }
            var outcome = await transaction.CommitAsync(cancellationToken);
            if (outcome.Succeeded)
                return outcome.Revision;
            if (outcome.Kind == CommitKind.Unknown)
                return TokenFailures.UnknownOutcome;
        }
        return TokenFailures.Contention;
    }
}
