using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Leases;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Tests.Leases;

/// <summary>An engine whose secrets are accounts in a world of the test's own, which keeps existing when a node crashes.</summary>
public sealed class LeasedEngine : MountType
{
    private readonly RouteTable routes;
    private int running;

    public LeasedEngine()
    {
        var map = new RouteMap(new LeasedJson(FieldJson.Options()));
        map.Read<RoleRequest, Account>("creds/{role}", IssueAsync, "Make an account.").IssuesSecrets();
        routes = map.Build();
    }

    /// <summary>The accounts that are there, with the time at which they would end by themselves.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> World { get; } = new(StringComparer.Ordinal);

    /// <summary>What a role grants, and whether it can be renewed.</summary>
    public Dictionary<string, (LeaseTerms Terms, bool Renewable)> Roles { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs before an account is made.</summary>
    public Func<string, Task> BeforeMaking { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Runs after an account was made; may fail.</summary>
    public Func<string, Failure?> AfterMaking { get; set; } = static _ => null;

    /// <summary>Decides how a revocation ends, by role.</summary>
    public Func<string, Failure?> OnRevoke { get; set; } = static _ => null;

    /// <summary>Decides how a revocation ends, by account.</summary>
    public Func<string, Failure?> OnRevokeAccount { get; set; } = static _ => null;

    /// <summary>Runs in each revocation.</summary>
    public Func<string, CancellationToken, Task> WhileRevoking { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>How often each role's accounts were to be revoked.</summary>
    public ConcurrentDictionary<string, int> Attempts { get; } = new(StringComparer.Ordinal);

    /// <summary>Most revocations that ran at once.</summary>
    public int MostAtOnce { get; private set; }

    public override string Name => "leased";

    public override MountKind Kind => MountKind.Secrets;

    public override string Description => "Issues accounts.";

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;

    public override async ValueTask<Outcome<Nothing>> RevokeLeaseAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken)
    {
        var account = Encoding.UTF8.GetString(lease.Data.Span);
        var role = account[..account.IndexOf('-', StringComparison.Ordinal)];
        Attempts.AddOrUpdate(role, 1, static (_, count) => count + 1);
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref running));
        try
        {
            await WhileRevoking(role, cancellationToken);
            if ((OnRevoke(role) ?? OnRevokeAccount(account)) is { } failure)
                return failure;
            World.TryRemove(account, out _);
            return Outcome.Done;
        }
        finally
        {
            Interlocked.Decrement(ref running);
        }
    }

    public override ValueTask<Outcome<LeaseTerms>> LeaseTermsAsync(StorageView storage, IssuedLease lease, CancellationToken cancellationToken)
    {
        var account = Encoding.UTF8.GetString(lease.Data.Span);
        return new(Roles.TryGetValue(account[..account.IndexOf('-', StringComparison.Ordinal)], out var role)
            ? role.Terms
            : Failure.Invalid("leased.role_gone", "the role is gone"));
    }

    public override ValueTask<Outcome<Nothing>> ExtendLeaseAsync(
        StorageView storage, IssuedLease lease, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var account = Encoding.UTF8.GetString(lease.Data.Span);
        return World.TryGetValue(account, out var end) && World.TryUpdate(account, expiresAt, end)
            ? new(Outcome.Done)
            : new(Failure.Invalid("leased.gone", "the account is gone"));
    }

    private ValueTask<Outcome<Account>> IssueAsync(RoleRequest request, RequestContext context, CancellationToken ct)
    {
        var (terms, renewable) = Roles.GetValueOrDefault(request.Role, (default, true));
        var name = $"{request.Role}-{Guid.NewGuid():n}";
        var plan = new LeasePlan
        {
            Data = Encoding.UTF8.GetBytes(name),
            Target = request.Role,
            Ttl = terms.Ttl,
            MaxTtl = terms.MaxTtl,
            Renewable = renewable,
        };
        return context.Leases.IssueAsync<Account>(
            context,
            plan,
            async (grant, _) =>
            {
                await BeforeMaking(name);
                if (grant.IsVoid)
                    return Failure.Unavailable("leased.too_late", "too late");
                World[name] = grant.ExpiresAt;
                return AfterMaking(name) is { } failure ? failure : new Account(name);
            },
            ct);
    }
}

public sealed record RoleRequest
{
    public string Role { get; set; } = "";
}

public sealed record Account(string Name);

[JsonSerializable(typeof(RoleRequest))]
[JsonSerializable(typeof(Account))]
internal sealed partial class LeasedJson : JsonSerializerContext;
