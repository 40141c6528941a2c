using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Cubbyhole;
using Kist.Core.Identity;
using Kist.Core.Identity.Routes;
using Kist.Core.Leases;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Sys;
using Kist.Core.Telemetry;
using Kist.Core.Tokens;
using Kist.Core.Tokens.Routes;
using Kist.Core.Watching;
using Kist.Core.Wrapping;
using Kist.Crypto;

namespace Kist.Core;

/// <summary>
/// One active server over a store: puts the parts together, unseals them as one and runs the duties behind the requests. It holds no state that the store
/// does not have, so any number of nodes may share a store.
/// </summary>
public sealed class Node : IAsyncDisposable
{
    private readonly CachedStore cache;
    private readonly NodeDuties duties;
    private readonly long started;
    private readonly SemaphoreSlim beginning = new(1, 1);
    private volatile bool serving;
    private volatile ClusterIdentity? cluster;

    /// <summary>A node that is sealed until <see cref="StartAsync"/> or an operator unseals it.</summary>
    /// <param name="store">Shared with other nodes, or this node's own; the caller disposes it after the node.</param>
    /// <param name="engines">The engines and methods that users may mount.</param>
    /// <param name="autoSeal">Unseals without operators, or null for shares.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    public Node(IStore store, IEnumerable<MountType> engines, IAutoSeal? autoSeal, NodeOptions options, TimeProvider time)
    {
        Options = options;
        Time = time;
        started = time.GetTimestamp();
        cache = new CachedStore(store, options.CacheBytes, options.StoreClock);
        Barrier = new BarrierStore(cache, time, new BarrierOptions { RecordMemoBytes = options.CacheBytes / 4, Checkpoint = options.Checkpoint });
        Seals = new SealManager(cache, Barrier, autoSeal) { Problem = options.Observer.Problem };
        Rekey = new Rekey(cache, Barrier, Seals);
        Policies = new PolicyStore(Barrier);
        Identities = new IdentityService(Barrier, time);
        var limits = new TokenLimits(options.DefaultLeaseTtl, options.MaxLeaseTtl);
        Tokens = new TokenStore(Barrier, Policies.AclForAsync, Identities.ResolveAsync, IsMountedAsync, RenewalTermsAsync, time, limits);
        Leases = new LeaseStore(Barrier, Tokens, ct => Mounts!.CurrentAsync(ct), options, time);
        Wrapping = new WrappingService(Tokens, time);
        Logins = new LoginService(Tokens, Identities, ct => Mounts!.CurrentAsync(ct));
        Audit = new AuditBroker(options.NodeName, time);
        AuditService = new AuditService(Barrier, Audit);
        Audit.DeviceChanged += (_, change) => options.Observer.Problem(
            change.Failure is null ? $"audit device {change.Path} works again" : $"audit device {change.Path} fails: {change.Failure}");
        InFlight = new InFlight(time);
        var system = new SystemMountType(this);
        BuiltIn = [("sys/", system, "system endpoints used for control, policy and debugging"),
            ("auth/token/", new TokenMountType(Tokens, time, Identities.EnterAsync), "token based credentials"),
            ("cubbyhole/", new CubbyholeMountType(Tokens), "per-token private secret storage"),
            ("identity/", new IdentityMountType(Identities, ct => Mounts!.CurrentAsync(ct), options.ApiAddress, time), "identity store")];
        Mounts = new MountService(Barrier, new MountTypes([.. engines, .. BuiltIn.Select(b => b.Type)]), time)
        {
            Problem = options.Observer.Problem,
            EndIssuedAsync = (mount, ct) => Leases.EndOfMountAsync(mount, Tokens, ct),
        };
        Barrier.Mounts = Mounts.CurrentAsync;
        SystemMount = new Mount { Id = 0, Path = "sys/", Kind = MountKind.Secrets, Type = system, TypeName = system.Name, Accessor = "", BuiltIn = true };
        // Ambiguous routes are an error of the program: found at start, not at a request.
        _ = SystemMount.Routes;
        Pipeline = new RequestPipeline(this);
        duties = new NodeDuties(this, cache);
        Barrier.Sealed += (_, _) => OnSealed();
    }

    /// <summary>Answers requests.</summary>
    public RequestPipeline Pipeline { get; }

    /// <summary>Settings.</summary>
    public NodeOptions Options { get; }

    /// <summary>The audit devices.</summary>
    public AuditBroker Audit { get; }

    /// <summary>True when requests are answered: unsealed, and set up.</summary>
    public bool IsServing => serving && !Barrier.IsSealed;

    /// <summary>Time since the node was made.</summary>
    public TimeSpan Uptime => Time.GetElapsedTime(started);

    /// <summary>The cluster's id and name, behind the barrier; null while this node does not serve.</summary>
    internal ClusterIdentity? Cluster => IsServing ? cluster : null;

    internal TimeProvider Time { get; }

    internal BarrierStore Barrier { get; }

    internal SealManager Seals { get; }

    internal Rekey Rekey { get; }

    internal MountService Mounts { get; }

    internal PolicyStore Policies { get; }

    internal TokenStore Tokens { get; }

    internal LeaseStore Leases { get; }

    internal WrappingService Wrapping { get; }

    internal IdentityService Identities { get; }

    internal LoginService Logins { get; }

    internal AuditService AuditService { get; }

    internal ChangeFeed Changes { get; } = new();

    internal InFlight InFlight { get; }

    internal RequestMetrics Metrics { get; } = new();

    /// <summary>Serves the routes that work while sealed, when the mount table cannot be read.</summary>
    internal Mount SystemMount { get; }

    internal IReadOnlyList<(string Path, MountType Type, string Description)> BuiltIn { get; }

    /// <summary>
    /// Starts the duties, and unseals where a seal can do it. A store that does not answer or is not initialised yet is tried again in the background.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        duties.Start();
        if (Seals.HasAutoSeal)
            await duties.AutoUnsealAsync(cancellationToken);
    }

    /// <summary>
    /// Initialises the store: keys, first mounts, the default policy, a root token. Once the store has the keys they are answered, even when the rest fails:
    /// the next unseal makes up for it, but for the root token, which the shares can make.
    /// </summary>
    /// <param name="shares">Shares of the root key, or of the recovery key with auto-unseal.</param>
    /// <param name="threshold">Shares that are needed.</param>
    /// <param name="rootTokenId">A root token of the caller's choice (development servers), or null.</param>
    /// <param name="cancellationToken">Ends the wait, before anything was written.</param>
    public async Task<Outcome<Initialization>> InitializeAsync(int shares, int threshold, SecretText? rootTokenId, CancellationToken cancellationToken)
    {
        SecretText? rootToken = null;
        var made = await Seals.InitializeAsync(shares, threshold, MakeRootTokenAsync, cancellationToken);
        if (!made.Succeeded)
            return made.Failure;
        var keys = made.Value;
        try
        {
            if (!Barrier.IsSealed)
                await BeginServingAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            keys = keys with { Trouble = keys.Trouble ?? e };
        }
        Options.Observer.StateChanged("initialised");
        return new Initialization(keys, rootToken ?? new SecretText(""));

        async Task MakeRootTokenAsync(CancellationToken ct)
        {
            await SetUpAsync(ct);
            rootToken = (await Tokens.IssueRootAsync(rootTokenId, ct)).Value.Token.ClientToken;
        }
    }

    /// <summary>Gives one share to the unseal under way.</summary>
    public async Task<Outcome<SealStatus>> UnsealAsync(SecretBytes share, CancellationToken cancellationToken)
    {
        var status = await Seals.UnsealAsync(share, cancellationToken);
        if (status.Succeeded && !Barrier.IsSealed)
            await BeginServingAsync(CancellationToken.None);
        return status;
    }

    /// <summary>
    /// Answers all who wait for changes, at once and from now on: a server that stops finishes the requests under way, and these would take their time.
    /// </summary>
    public void EndWatches() => Changes.End();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await duties.DisposeAsync();
        // Before sealing, which closes the audit devices too but waits for none.
        await AuditService.DisposeAsync();
        Barrier.Seal();
        await cache.DisposeAsync();
        Changes.Dispose();
    }

    /// <summary>Completes an unseal: what the barrier holds is set up and loaded, then requests are let in. Does nothing on a node that serves.</summary>
    internal async Task BeginServingAsync(CancellationToken cancellationToken)
    {
        await beginning.WaitAsync(cancellationToken);
        try
        {
            if (IsServing)
                return;
            await SetUpAsync(cancellationToken);
            await TryAsync("the epochs of mounts", () => Mounts.AddEpochsAsync(cancellationToken));
            await TryAsync("the records of login enforcements and identity tokens", () => Identities.SetUpAsync(cancellationToken));
            await TryAsync("the audit stamp", () => AuditService.SetUpAsync(cancellationToken).AsTask());
            await AuditService.FollowAsync(cancellationToken);
            await TryAsync("the cluster's id", async () => cluster = await ClusterIdentity.ReadOrMakeAsync(this, cancellationToken));
            await TryAsync("the record of this version", () => VersionHistory.RecordAsync(this, cancellationToken));
            serving = true;
        }
        finally
        {
            beginning.Release();
        }
        if (Barrier.IsSealed)
        {
            // The event came before the word that it takes back.
            serving = false;
            return;
        }
        Options.Observer.StateChanged("unsealed");
        if (!Audit.HasDevices)
            Options.Observer.Problem("no audit device is enabled: nobody can say who read what; enable one with: kist audit enable file file_path=…");
    }

    /// <summary>Tells the operator what went wrong in a request that was answered all the same.</summary>
    internal void Report(string requestId, Exception? error)
    {
        if (error is StoreUnavailableException)
            Options.Observer.StoreUnavailable(requestId, error);
        else if (error is not (null or BarrierSealedException))
            Options.Observer.Fault(requestId, error);
    }

    /// <summary>True once this node's view of the store includes a revision.</summary>
    internal ValueTask<bool> ReachedAsync(long revision, TimeSpan bound, CancellationToken cancellationToken) =>
        cache.WaitForAsync(revision, bound, cancellationToken);

    internal async ValueTask<HealthResponse> HealthAsync(CancellationToken cancellationToken)
    {
        var initialized = !Barrier.IsSealed || await IsInitializedAsync(cancellationToken);
        return new HealthResponse
        {
            Initialized = initialized,
            Sealed = !IsServing,
            ServerTimeUtc = Time.GetUtcNow().ToUnixTimeSeconds(),
            Version = Options.Version,
            ClusterName = Cluster?.NameFor(Options),
            ClusterId = Cluster?.Id,
            StoreFresh = cache.IsFresh,
            Problems = IsServing ? Problems() : [],
        };
    }

    internal IReadOnlyList<Gauge> Gauges() =>
    [
        new("kist_unsealed", "1 when this node serves requests.", IsServing ? 1 : 0),
        new("kist_store_fresh", "1 when the store's content is known as of at most two seconds ago.", cache.IsFresh ? 1 : 0),
        new("kist_requests_in_flight", "Requests being answered.", InFlight.Count),
        new("kist_watchers", "Clients that wait for changes of paths.", Changes.Watchers),
        new("kist_audit_devices", "Enabled audit devices.", Audit.Status.Count),
        new("kist_audit_devices_failing", "Audit devices that refused the last record.", Audit.Status.Count(d => d.Failure is not null)),
        new("kist_process_resident_memory_bytes", "Resident memory.", Environment.WorkingSet),
        new("kist_uptime_seconds", "Seconds since the node was made.", Uptime.TotalSeconds),
    ];

    private async ValueTask<bool> IsInitializedAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await Seals.StatusAsync(cancellationToken)).Initialized;
        }
        catch (StoreUnavailableException)
        {
            // Unknown; health then says sealed, which is true.
            return true;
        }
    }

    private List<string> Problems()
    {
        var problems = new List<string>();
        if (!Audit.HasDevices)
            problems.Add("no audit device is enabled");
        problems.AddRange(Audit.Status.Where(d => d.Failure is not null).Select(d => $"audit device {d.Path} fails: {d.Failure}"));
        if (Tokens.ExpiryPausedFor is { } pause)
            problems.Add($"the wall clock jumped; expiry of tokens has been paused for {(long)pause.TotalSeconds} s");
        return problems;
    }

    private async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await Mounts.SetUpAsync(BuiltIn, cancellationToken);
        if ((await Policies.GetAsync(NamespaceId.Root, PolicyName.Default, cancellationToken)).Succeeded)
            return;
        var creation = Barrier.System(NamespaceId.Root).Begin();
        Policies.AddDefault(NamespaceId.Root, creation);
        // A conflict means that another node was first.
        _ = await creation.CommitAsync(cancellationToken);
    }

    // What is good to have is no reason not to serve: a full or read-only store still answers reads. The next unseal tries again.
    private async Task TryAsync(string what, Func<Task> keep)
    {
        try
        {
            await keep();
        }
        catch (StoreUnavailableException e)
        {
            Options.Observer.Problem($"the store does not take {what} now: {e.Message}");
        }
    }

    private async ValueTask<bool> IsMountedAsync(ulong id, CancellationToken cancellationToken) =>
        (await Mounts.CurrentAsync(cancellationToken)).ById(id) is { State: not MountState.Removing };

    private async ValueTask<Outcome<RenewalTerms>> RenewalTermsAsync(TokenEntry token, Request request, CancellationToken cancellationToken)
    {
        var table = await Mounts.CurrentAsync(cancellationToken);
        if (token.EntityId.Length > 0 && await Identities.ResolveAsync(NamespaceId.Root, token.EntityId, cancellationToken) is null)
            return TokenFailures.NotValid;
        if (token.Login is not { } login)
            return new RenewalTerms(table.TryResolve(token.Path, out var issuer) ? issuer.Config : new MountConfig());
        if (table.ById(login.Mount) is not { State: MountState.Ready } mount)
            return TokenFailures.NotValid;
        var terms = await mount.Type.RenewAsync(Barrier.ForMount(mount), token, login.Role, request, cancellationToken);
        if (!terms.Succeeded)
            return terms.Failure;
        if (token.EntityId.Length > 0 && terms.Value?.Groups is { } groups)
        {
            var refreshed = await Identities.Logins.RefreshAsync(mount.Namespace, mount, token.EntityId, groups, cancellationToken);
            if (!refreshed.Succeeded)
                return refreshed.Failure;
        }
        return new RenewalTerms(mount.Config, terms.Value);
    }

    private void OnSealed()
    {
        serving = false;
        cluster = null;
        AuditService.Clear();
        Mounts.Clear();
        Options.Observer.StateChanged("sealed");
    }
}

/// <summary>What initialisation hands out, once.</summary>
/// <param name="Keys">The shares, and what went wrong after they were made.</param>
/// <param name="RootToken">A root token; empty when none could be made.</param>
public sealed record Initialization(OperatorShares Keys, SecretText RootToken);
