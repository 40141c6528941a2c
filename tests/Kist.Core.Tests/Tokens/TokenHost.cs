using System.Net;
using Kist.Core.Barrier;
using Kist.Core.Identity;
using Kist.Core.Identity.Stored;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Storage;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

/// <summary>A node with a token store over a store in memory, and nothing else of a server.</summary>
internal sealed class TokenHost
{
    private static readonly byte[] RootKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    /// <summary>A request of a client of which nothing is known.</summary>
    public static readonly Request Asked = new() { Id = "test", Path = "auth/token/renew", Operation = Operation.Update };

    private readonly Dictionary<string, Acl> acls = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ResolvedEntity> entities = new(StringComparer.Ordinal);

    private TokenHost(ScriptedStore store, BarrierStore barrier, MovableClock clock, TokenLimits limits)
    {
        Store = store;
        Barrier = barrier;
        Clock = clock;
        Tokens = new TokenStore(
            barrier,
            (_, policies, _, _) => new(AclOf(policies)),
            (_, id, _) => new(EntityOf(id)),
            (_, _) => new(true),
            (_, _, _) => new(new RenewalTerms(MountConfig)),
            clock,
            limits);
    }

    public ScriptedStore Store { get; }

    public BarrierStore Barrier { get; }

    public MovableClock Clock { get; }

    public TokenStore Tokens { get; }

    /// <summary>Settings of every mount.</summary>
    public MountConfig MountConfig { get; set; } = new();

    public TokenRecords Records => Tokens.Space.Of(NamespaceId.Root);

    public static async Task<TokenHost> StartAsync(TokenLimits? limits = null)
    {
        var store = new ScriptedStore(new MemoryStore());
        var clock = new MovableClock();
        var barrier = new BarrierStore(store, clock);
        Assert.True((await barrier.InitializeAsync(RootKey, [0], [], default)).Succeeded);
        return await StartAsync(store, barrier, clock, limits);
    }

    /// <summary>Another node on the same store, with the same clock.</summary>
    public async Task<TokenHost> StartPeerAsync()
    {
        var store = new ScriptedStore(Store.Inner);
        var peer = await StartAsync(store, new BarrierStore(store, Clock), Clock, Tokens.Limits);
        // The peer's reservation changed the keyring; this node notices at its next commit and tries that again.
        Assert.True((await Records.Begin().Delete(Records.Roles, "none").CommitAsync(default)).Succeeded);
        return peer;
    }

    /// <summary>Forgets the compiled policies, as a change of one does.</summary>
    public void ChangePolicies() => acls.Clear();

    public async Task<SecretText> RootAsync() => (await Tokens.IssueRootAsync(null, default)).Value.Token.ClientToken;

    /// <summary>Issues a token with policy <c>app</c> for an hour, unless told otherwise.</summary>
    public async Task<SecretText> IssueAsync(SecretText? parent = null, Func<TokenSpec, TokenSpec>? change = null)
    {
        var issued = await TryIssueAsync(parent, change);
        Assert.Null(issued.Failure);
        return issued.Value.Token.ClientToken;
    }

    public async Task<Outcome<TokenResult>> TryIssueAsync(SecretText? parent = null, Func<TokenSpec, TokenSpec>? change = null)
    {
        var creator = parent is null ? null : await LoginAsync(parent);
        var spec = new TokenSpec
        {
            Policies = ["app"],
            Path = "auth/token/create",
            Ttl = TimeSpan.FromHours(1),
            Parent = creator,
            Creator = creator,
            Mount = MountConfig,
        };
        return await Tokens.IssueAsync(change is null ? spec : change(spec), default);
    }

    public async Task<Authenticated> LoginAsync(SecretText token)
    {
        var outcome = await Tokens.AuthenticateAsync(token, IPAddress.Loopback, default);
        Assert.Null(outcome.Failure);
        return outcome.Value;
    }

    public async Task<bool> IsValidAsync(SecretText token, string? client = "127.0.0.1") =>
        (await Tokens.AuthenticateAsync(token, client is null ? null : IPAddress.Parse(client), default)).Succeeded;

    public async Task<StoredToken> FindAsync(SecretText token) =>
        await Tokens.FindAsync(token, default) ?? throw new InvalidOperationException("the token is not valid");

    public async Task RevokeAsync(SecretText token) => Assert.Null((await Tokens.RevokeAsync(await FindAsync(token), default)).Failure);

    public async Task RevokeOrphanAsync(SecretText token) => Assert.Null((await Tokens.RevokeOrphanAsync(await FindAsync(token), default)).Failure);

    public async Task<Outcome<TokenResult>> RenewAsync(SecretText token, TimeSpan increment = default) =>
        await Tokens.RenewAsync(await FindAsync(token), token, increment, Asked, default);

    /// <summary>Everything that is stored of tokens, by path under <c>token/</c>.</summary>
    public async Task<IReadOnlyList<string>> PathsAsync() => await Barrier.System(NamespaceId.Root).Folder("token/").ScanAsync("", 0, default);

    private static async Task<TokenHost> StartAsync(ScriptedStore store, BarrierStore barrier, MovableClock clock, TokenLimits? limits)
    {
        using var rootKey = new SecretBytes(RootKey);
        Assert.True(await barrier.UnsealAsync(rootKey, default));
        // A node's first encryption reserves a block of them by a commit of its own; tests that count commits want that behind them.
        _ = await barrier.EncryptTokenAsync(new byte[1], "test", default);
        return new TokenHost(store, barrier, clock, limits ?? TokenLimits.Standard);
    }

    private ResolvedEntity EntityOf(string id)
    {
        lock (entities)
            return entities.TryGetValue(id, out var entity) ? entity : entities[id] = new ResolvedEntity(new EntityRecord { Id = id }, [], [], []);
    }

    private Acl AclOf(IReadOnlyList<string> policies)
    {
        if (policies.Contains("root"))
            return Acl.Root;
        var key = string.Join(',', policies);
        lock (acls)
            return acls.TryGetValue(key, out var acl) ? acl : acls[key] = Acl.Compile([]);
    }
}
