using System.Net;
using System.Runtime.CompilerServices;
using Kist.Core.Barrier;
using Kist.Core.Identity;
using Kist.Core.Leases;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>Compiles the policies of a token, for its entity or for none; the same object as long as none of them changes.</summary>
public delegate ValueTask<Acl> AclLookup(NamespaceId ns, IReadOnlyList<string> policies, ResolvedEntity? entity, CancellationToken cancellationToken);

/// <summary>Finds an entity with its groups, the same object as long as none of them changes; null when it is gone or disabled.</summary>
public delegate ValueTask<ResolvedEntity?> EntityLookup(NamespaceId ns, string id, CancellationToken cancellationToken);

/// <summary>Tells whether the auth method's mount with an id is there, as of this node's view of the store.</summary>
public delegate ValueTask<bool> LoginMountCheck(ulong mount, CancellationToken cancellationToken);

/// <summary>
/// The tokens. State is in the store alone and every change is a transaction with preconditions, so several nodes share it. Members throw
/// <see cref="BarrierSealedException"/> while sealed and <see cref="StoreUnavailableException"/> when the store does not answer.
/// </summary>
public sealed class TokenStore
{
    private readonly AclLookup acls;
    private readonly EntityLookup entities;
    private readonly TokenFinder finder;
    private readonly TokenUses uses;
    private readonly TokenIssuer issuer;
    private readonly TokenRenewal renewal;
    private readonly TokenRevocation revocation;
    private readonly TokenExpiry expiry;
    private readonly TokenTidy tidy;
    private readonly ClockGuard guard;

    // One object a parsed record, and so a token and revision: what a changed token or a sealed barrier drops is dropped here with it.
    private readonly ConditionalWeakTable<TokenEntry, Authenticated> authenticated = [];

    /// <summary>Tokens in a barrier.</summary>
    /// <param name="barrier">Where they are kept.</param>
    /// <param name="acls">Compiles policies.</param>
    /// <param name="entities">Finds the entities of tokens.</param>
    /// <param name="isMounted">Tells whether an auth method is still there.</param>
    /// <param name="renewalTerms">What a token may be when it is renewed.</param>
    /// <param name="clock">By which tokens end.</param>
    /// <param name="limits">The server's default and longest TTL.</param>
    public TokenStore(
        BarrierStore barrier,
        AclLookup acls,
        EntityLookup entities,
        LoginMountCheck isMounted,
        RenewalTermsLookup renewalTerms,
        TimeProvider clock,
        TokenLimits limits)
    {
        this.acls = acls;
        this.entities = entities;
        Limits = limits;
        Space = new TokenSpace(barrier, clock);
        Roles = new TokenRoles(Space);
        guard = new ClockGuard(clock);
        var batch = new BatchTokenCodec(barrier);
        finder = new TokenFinder(Space, batch, isMounted);
        uses = new TokenUses(Space);
        issuer = new TokenIssuer(Space, batch, limits);
        renewal = new TokenRenewal(Space, finder, Roles, limits, renewalTerms);
        LeaseRecords = new LeaseRecords(barrier, NamespaceId.Root);
        revocation = new TokenRevocation(Space, new LeaseTokenEnds(LeaseRecords, clock));
        expiry = new TokenExpiry(Space, revocation, guard);
        tidy = new TokenTidy(Space, revocation);
        Leases = new TokenLeases(Space, finder, renewal, revocation);
        barrier.Sealed += (_, _) => finder.Clear();
    }

    /// <summary>The token roles.</summary>
    public TokenRoles Roles { get; }

    /// <summary>Tokens as leases.</summary>
    public TokenLeases Leases { get; }

    /// <summary>The server's default and longest TTL.</summary>
    public TokenLimits Limits { get; }

    /// <summary>How long expiry has been pausing because the wall clock jumped; null while it runs. Health shows it.</summary>
    public TimeSpan? ExpiryPausedFor => guard.PausedFor;

    internal TokenSpace Space { get; }

    /// <summary>Where the leases stand that end with tokens.</summary>
    internal LeaseRecords LeaseRecords { get; }

    /// <summary>
    /// Finds out whether a token is valid for a request from <paramref name="client"/>: its entry and those of its ancestors stand in the store and
    /// have not ended, its entity, if it has one, is there and enabled, and its networks include the client. Answers without waiting when the records are
    /// in memory.
    /// </summary>
    public async ValueTask<Outcome<Authenticated>> AuthenticateAsync(SecretText token, IPAddress? client, CancellationToken cancellationToken)
    {
        if (await finder.FindAsync(token.Utf8, cancellationToken) is not { } found)
            return TokenFailures.NotValid;
        var entity = found.Entry.EntityId.Length == 0 ? null : await entities(found.Namespace, found.Entry.EntityId, cancellationToken);
        if (found.Entry.EntityId.Length > 0 && entity is null)
            return TokenFailures.NotValid;
        var isKnown = authenticated.TryGetValue(found.Entry, out var known) && ReferenceEquals(known.Entity, entity);
        var policies = isKnown ? known!.Policies : PoliciesOf(found.Entry, entity);
        var acl = await acls(found.Namespace, policies, entity, cancellationToken);
        if (!isKnown || !ReferenceEquals(known!.Acl, acl))
        {
            known = new Authenticated { Entry = found.Entry, Acl = acl, Entity = entity, Policies = policies, Namespace = found.Namespace, Hash = found.Hash };
            authenticated.AddOrUpdate(found.Entry, known);
        }
        return known.MayComeFrom(client) ? known : TokenFailures.NotValid;
    }

    /// <summary>
    /// Takes one use of a limited token, before its request is dispatched; does nothing for others. Exact whatever the concurrency: when the commit's
    /// outcome is unknown the use counts and the request is refused.
    /// </summary>
    /// <returns>The token to go on with; give it to <see cref="EndUseAsync"/> when the request is answered.</returns>
    public ValueTask<Outcome<Authenticated>> UseAsync(Authenticated token, CancellationToken cancellationToken) =>
        uses.TakeAsync(token, cancellationToken);

    /// <summary>Revokes a token whose last use is over; does nothing for others.</summary>
    public async ValueTask EndUseAsync(Authenticated token, CancellationToken cancellationToken)
    {
        if (token.IsLastUse)
            _ = await RevokeAsync(Found(token), cancellationToken);
    }

    /// <summary>The valid token with an id, or null.</summary>
    public ValueTask<StoredToken?> FindAsync(SecretText id, CancellationToken cancellationToken) => finder.FindAsync(id.Utf8, cancellationToken);

    /// <summary>The valid token with an accessor, or null.</summary>
    public ValueTask<StoredToken?> FindByAccessorAsync(NamespaceId ns, string accessor, CancellationToken cancellationToken) =>
        finder.FindByAccessorAsync(Space.Of(ns), accessor, cancellationToken);

    /// <summary>True while the stored token with a hash is valid.</summary>
    internal async ValueTask<bool> IsValidAsync(NamespaceId ns, string hash, CancellationToken cancellationToken) =>
        await finder.FindByHashAsync(Space.Of(ns), hash, cancellationToken) is not null;

    /// <summary>True while there is a stored token with a hash, valid or not.</summary>
    internal async ValueTask<bool> ExistsAsync(NamespaceId ns, string hash, CancellationToken cancellationToken) =>
        await Space.Of(ns).ReadAsync(hash, cancellationToken) is not null;

    /// <summary>What was found of an authenticated token.</summary>
    public static StoredToken Found(Authenticated token) => new(token.Namespace, token.Hash, token.Entry, 0);

    /// <summary>The compiled policies of a token that was found; none for one whose entity is gone or disabled.</summary>
    public async ValueTask<Acl> AclOfAsync(StoredToken token, CancellationToken cancellationToken)
    {
        var entity = await EntityOfAsync(token.Namespace, token.Entry, cancellationToken);
        return token.Entry.EntityId.Length > 0 && entity is null
            ? Acl.Empty
            : await acls(token.Namespace, PoliciesOf(token.Entry, entity), entity, cancellationToken);
    }

    /// <summary>The policies that a token has by its entity; none for one without or whose entity is gone or disabled.</summary>
    public async ValueTask<IReadOnlyList<string>> IdentityPoliciesOfAsync(StoredToken token, CancellationToken cancellationToken) =>
        (await EntityOfAsync(token.Namespace, token.Entry, cancellationToken))?.Policies ?? [];

    /// <summary>Issues a token.</summary>
    public async ValueTask<Outcome<TokenResult>> IssueAsync(TokenSpec spec, CancellationToken cancellationToken)
    {
        var issued = await issuer.IssueAsync(spec, cancellationToken);
        return issued.Succeeded ? await WithIdentityAsync(spec.Namespace, issued.Value, cancellationToken) : issued;
    }

    /// <summary>Issues a root token without end, at initialisation and when operators regenerate one.</summary>
    /// <param name="id">A custom id (development servers), or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Outcome<TokenResult>> IssueRootAsync(SecretText? id, CancellationToken cancellationToken) => issuer.IssueAsync(
        new TokenSpec { Id = id, Policies = ["root"], Path = "auth/token/root", DisplayName = "root", Mount = new MountConfig() },
        cancellationToken);

    /// <summary>Renews a token.</summary>
    /// <param name="token">As it was found.</param>
    /// <param name="id">For the answer; empty when only the accessor is known.</param>
    /// <param name="increment">The TTL asked for; zero for that of its creation.</param>
    /// <param name="request">The request that asks: its client may have to prove something again.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<TokenResult>> RenewAsync(
        StoredToken token, SecretText id, TimeSpan increment, Request request, CancellationToken cancellationToken)
    {
        var renewed = await renewal.RenewAsync(token, id, increment, request, cancellationToken);
        return renewed.Succeeded ? await WithIdentityAsync(token.Namespace, renewed.Value, cancellationToken) : renewed;
    }

    /// <summary>
    /// Revokes a token with all its descendants, at once; one that is gone already is no error. Answers the commit's revision, 0 for none.
    /// </summary>
    public ValueTask<Outcome<long>> RevokeAsync(StoredToken token, CancellationToken cancellationToken) =>
        revocation.RevokeAsync(token, keepChildren: false, cancellationToken);

    /// <summary>Revokes a token and makes its children orphans. Batch children, which no store knows, end with it.</summary>
    public ValueTask<Outcome<long>> RevokeOrphanAsync(StoredToken token, CancellationToken cancellationToken) =>
        revocation.RevokeAsync(token, keepChildren: true, cancellationToken);

    /// <summary>Revokes every token that a login at an auth method's mount has issued; a pass over all tokens.</summary>
    internal async ValueTask<Outcome<Nothing>> RevokeOfMountAsync(NamespaceId ns, ulong mount, CancellationToken cancellationToken)
    {
        var records = Space.Of(ns);
        var after = "";
        while (await records.Ids.ScanAsync(after, 200, cancellationToken) is { Count: > 0 } hashes)
        {
            foreach (var hash in hashes)
            {
                if (await records.ReadAsync(hash, cancellationToken) is not { Entry: { Revoked: false, Login: { } login } } token || login.Mount != mount)
                    continue;
                var revoked = await revocation.RevokeAsync(token, keepChildren: false, cancellationToken);
                if (!revoked.Succeeded)
                    return revoked.Failure;
            }
            after = hashes[^1];
        }
        return Outcome.Done;
    }

    /// <summary>Ends revocations that a crash or a large tree has left. The leader calls it now and then.</summary>
    public Task ResumeRevocationsAsync(Precondition? fence, CancellationToken cancellationToken) =>
        revocation.ResumeAsync(fence, cancellationToken);

    /// <summary>Revokes the tokens whose time is over; costs what is due. The leader calls it every second or so. Answers how many ended.</summary>
    public Task<int> ExpireDueAsync(Precondition? fence, CancellationToken cancellationToken) =>
        expiry.ExpireDueAsync(fence, cancellationToken);

    /// <summary>
    /// Mends entries that lead nowhere; a pass over all tokens. Answers whether it ran (one at a time a node) and how many it mended.
    /// </summary>
    public Task<(bool Ran, int Mended)> TidyAsync(CancellationToken cancellationToken) => tidy.RunAsync(cancellationToken);

    /// <summary>All accessors of a namespace, in no order; a pass over all tokens.</summary>
    public async ValueTask<IReadOnlyList<string>> ListAccessorsAsync(NamespaceId ns, CancellationToken cancellationToken)
    {
        var view = Space.Of(ns).Accessors;
        var accessors = new List<string>();
        var after = "";
        while (await view.ScanAsync(after, 200, cancellationToken) is { Count: > 0 } hashes)
        {
            foreach (var hash in hashes)
            {
                if (await view.ReadRecordAsync(hash, TokenJson.Default.AccessorRecord, cancellationToken) is { } stored)
                    accessors.Add(stored.Record.Accessor);
            }
            after = hashes[^1];
        }
        return accessors;
    }

    private static IReadOnlyList<string> PoliciesOf(TokenEntry entry, ResolvedEntity? entity) =>
        entity is null ? entry.Policies : entity.PoliciesWith(entry.Policies);

    private ValueTask<ResolvedEntity?> EntityOfAsync(NamespaceId ns, TokenEntry entry, CancellationToken cancellationToken) =>
        entry.EntityId.Length == 0 ? default : entities(ns, entry.EntityId, cancellationToken);

    // The answer shows what the token may do now; the token itself keeps only its own policies.
    private async ValueTask<TokenResult> WithIdentityAsync(NamespaceId ns, TokenResult result, CancellationToken cancellationToken)
    {
        var token = result.Token;
        if (token.EntityId.Length == 0 || await entities(ns, token.EntityId, cancellationToken) is not { Policies.Count: > 0 } entity)
            return result;
        return result with { Token = token with { Policies = entity.PoliciesWith(token.TokenPolicies), IdentityPolicies = entity.Policies } };
    }
}
