using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands;

/// <summary><c>lease lookup, renew, revoke</c>; <see cref="LeaseStatusCommands"/> stand apart.</summary>
internal static class LeaseCommands
{
    private static readonly Flag Increment = Flag.Text(
        "increment", "duration", "How long from now the lease should last; the server may allow less.");
    private static readonly Flag Prefix = Flag.Switch("prefix", "The argument is a path: revoke every lease below it.");
    private static readonly Flag Force = Flag.Switch("force", ["f"], "Forget leases even where the engine cannot revoke them; needs -prefix.");
    private static readonly Flag Sync = Flag.Switch("sync", "Wait until it is done.");

    public static CommandGroup Group => new(
        "lease", static () => [LeaseStatusCommands.List, Lookup, Renew, Revoke, LeaseStatusCommands.Status])
    { About = "Works with leases." };

    private static Command Lookup => new("lease lookup", "Shows a lease's properties.", LookupAsync)
    {
        Arguments = "LEASE_ID",
        Shows = Shows.Fields,
        Example = new("See how long a token's lease has left", "lease lookup -field=ttl auth/token/create/h2f6a614c"),
    };

    private static Command Renew => new("lease renew", "Extends a lease.", RenewAsync)
    {
        Arguments = "LEASE_ID",
        Flags = [Increment],
        Shows = Shows.Fields,
        Example = new("Ask for another hour", "lease renew -increment=1h auth/token/create/h2f6a614c"),
    };

    private static Command Revoke => new("lease revoke", "Revokes a lease, or all below a path.", RevokeAsync)
    {
        Arguments = "LEASE_ID",
        Flags = [Prefix, Force, Sync],
        Example = new("Revoke every token that a role gave out", "lease revoke -prefix auth/token/create/deploy"),
    };

    private static async Task<int> LookupAsync(Invocation call, CancellationToken cancellation) =>
        call.Output.Show(await call.DemandAsync(ApiRequest.Write("sys/leases/lookup", Body(call)), cancellation));

    private static async Task<int> RenewAsync(Invocation call, CancellationToken cancellation)
    {
        var body = Body(call);
        if (call.Text(Increment) is { } increment)
            body["increment"] = increment;
        return call.Output.Show(await call.DemandAsync(ApiRequest.Write("sys/leases/renew", body), cancellation));
    }

    private static async Task<int> RevokeAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Switch(Force) && !call.Switch(Prefix))
            throw ExitException.Usage("-force needs -prefix too");
        var path = call.Arguments[0].Trim('/');
        var request = (call.Switch(Prefix), call.Switch(Force)) switch
        {
            (true, true) => ApiRequest.Write($"sys/leases/revoke-force/{path}"),
            (true, false) => ApiRequest.Write($"sys/leases/revoke-prefix/{path}", new JsonObject { ["sync"] = call.Switch(Sync) }),
            _ => ApiRequest.Write("sys/leases/revoke", new JsonObject { ["lease_id"] = path, ["sync"] = call.Switch(Sync) }),
        };
        call.Output.Warn(await call.DemandAsync(request, cancellation));
        if (!call.Switch(Sync) && !call.Switch(Force))
            return call.Output.Success("All revocation operations queued successfully!");
        return call.Output.Success(call.Switch(Prefix) ? $"Revoked any leases below: {path}" : $"Revoked lease: {path}");
    }

    private static JsonObject Body(Invocation call) => new() { ["lease_id"] = call.Arguments[0] };
}
