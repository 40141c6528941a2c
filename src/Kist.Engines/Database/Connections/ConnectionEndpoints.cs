using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

/// <summary><c>config/name</c>: connections, and <c>reset</c> and <c>reload</c>, which open them anew.</summary>
internal sealed class ConnectionEndpoints(ConnectionPool pool, Racing racing, TimeProvider clock)
{
    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken) =>
        EntryName.IsValid(context.Parameters["name"])
        && await DatabaseStore.ReadConnectionAsync(context.Storage, context.Parameters["name"], cancellationToken) is not null;

    public async ValueTask<Outcome<Nothing>> WriteAsync(ConnectionRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Check(clock) is { } bad)
            return bad;
        var verified = false;
        var written = await racing.CommitAsync(context, DatabaseStore.Connections + request.Name, ProposeAsync, cancellationToken);
        if (written.Succeeded)
            await pool.CloseAsync(context.Storage, request.Name);
        return written;

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var stored = await DatabaseStore.ReadConnectionAsync(context.Storage, request.Name, ct);
            if (stored is null != (context.Request.Operation == Operation.Create))
                return Racing.Contention;
            var next = request.ApplyTo(stored?.Record ?? new ConnectionRecord());
            var plugin = Find(next.PluginName);
            if (!plugin.Succeeded)
                return plugin.Failure;
            if ((plugin.Value.Check(next.Details) ?? request.CheckMove(stored?.Record, next)) is { } wrong)
                return wrong;
            if (next.VerifyConnection && !verified)
            {
                // A password that is given must be the right one, whatever others there were.
                var found = await pool.FindPasswordAsync(request.Password is null ? next : next with { Staged = null, Former = [] }, ct);
                if (!found.Succeeded)
                    return found.Failure with { Message = $"error verifying connection: {found.Failure.Message}" };
                verified = true;
                if (plugin.Value.Redact(next.Details.ConnectionUrl!.Reveal()).HadPassword)
                    context.Warn("a password stands in connection_url: put {{password}} there and give it as password, so that it can be rotated");
            }
            return new(DatabaseStore.Replace(context.Storage, request.Name, stored?.Revision ?? 0, next), Outcome.Done);
        }
    }

    public async ValueTask<Outcome<ConnectionResponse>> ReadAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(request.Name) || await DatabaseStore.ReadConnectionAsync(context.Storage, request.Name, cancellationToken) is not { } stored)
            return Failure.NotFound();
        var plugin = Find(stored.Record.PluginName);
        return plugin.Succeeded ? ConnectionResponse.Of(stored.Record, plugin.Value) : plugin.Failure;
    }

    public async ValueTask<Outcome<Nothing>> DeleteAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(request.Name))
            return Outcome.Done;
        var deleted = await Racing.CommitOnceAsync(
            context, context.Storage.Begin().Delete(context.Storage, DatabaseStore.Connections + request.Name), cancellationToken);
        await pool.CloseAsync(context.Storage, request.Name);
        return deleted;
    }

    public async ValueTask<Outcome<Nothing>> ResetAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!EntryName.IsValid(request.Name) || await DatabaseStore.ReadConnectionAsync(context.Storage, request.Name, cancellationToken) is null)
            return DatabaseFailures.UnknownConnection(request.Name);
        await pool.CloseAsync(context.Storage, request.Name);
        return Outcome.Done;
    }

    public async ValueTask<Outcome<ReloadResponse>> ReloadAsync(ReloadRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var closed = new List<string>();
        foreach (var name in await context.Storage.Folder(DatabaseStore.Connections).ListAsync("", 0, cancellationToken))
        {
            if ((await DatabaseStore.ReadConnectionAsync(context.Storage, name, cancellationToken))?.Record.PluginName != request.PluginName)
                continue;
            await pool.CloseAsync(context.Storage, name);
            closed.Add(name);
        }
        return new ReloadResponse { Connections = closed, Count = closed.Count };
    }

    private Outcome<IDatabasePlugin> Find(string name)
    {
        if (name.Length == 0)
            return Failure.Invalid("database.unknown_plugin", "empty plugin name");
        return pool.Plugins.FirstOrDefault(p => p.Name == name) is { } plugin
            ? new Outcome<IDatabasePlugin>(plugin)
            : Failure.Invalid("database.unknown_plugin", $"this server has no plugin \"{name}\"; it has: {string.Join(", ", pool.Plugins.Select(p => p.Name))}");
    }
}
