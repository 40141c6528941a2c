using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Crypto;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

/// <summary>
/// <c>rotate-root/name</c>: gives the connection's user a password that nobody knows. It is stored as staged before the database gets it, and counts once the
/// database has it: whatever is cut short in between, the server still knows the right one.
/// </summary>
internal sealed class RotateRoot(ConnectionPool pool, TimeProvider clock)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(NameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var storage = context.Storage;
        if (!EntryName.IsValid(request.Name))
            return DatabaseFailures.UnknownConnection(request.Name);
        // By it a rotation that was cut short comes to its end first.
        var reached = await pool.UseAsync(storage, request.Name, null, (database, ct) => database.PingAsync(ct), cancellationToken);
        if (!reached.Succeeded)
            return reached.Failure;
        var staged = await StageAsync(storage, request.Name, cancellationToken);
        if (!staged.Succeeded)
            return staged.Failure;
        var (record, password) = (staged.Value.Record, staged.Value.Record.Staged!);
        await storage.ReachAsync("database.root_staged", cancellationToken);
        var applied = await pool.UseAsync(
            storage, request.Name, null, (database, ct) => database.SetPasswordAsync(record.Details.Username, password, record.RootRotationStatements, ct),
            cancellationToken);
        await storage.ReachAsync("database.root_applied", cancellationToken);
        if (!applied.Succeeded)
        {
            // When it is not known whether the database has it, it stays staged, and the next use finds out.
            if (applied.Failure.Kind != FailureKind.Unavailable)
                _ = await ChangeAsync(context, request.Name, was => Unstaged(was, password), cancellationToken);
            return applied.Failure with { Message = $"failed to rotate the password of the connection's user: {applied.Failure.Message}" };
        }
        var kept = await ChangeAsync(context, request.Name, was => Promoted(was, password), cancellationToken);
        await pool.CloseAsync(storage, request.Name);
        return kept;
    }

    // One that is staged already is not replaced: another server may be about to set it.
    private async ValueTask<Outcome<StoredRecord<ConnectionRecord>>> StageAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Racing.Attempts; attempt++)
        {
            if (await DatabaseStore.ReadConnectionAsync(storage, name, cancellationToken) is not { } stored)
                return DatabaseFailures.UnknownConnection(name);
            if (stored.Record.Details.Username.Length == 0)
                return Failure.Invalid("database.no_root_username", "unable to rotate root credentials: no username in configuration");
            if (stored.Record.Password is null)
                return Failure.Invalid("database.no_root_password", "unable to rotate root credentials: no password in configuration");
            if (IsLiteral(stored.Record))
                return LiteralCredentials;
            if (stored.Record.Staged is not null)
                return stored;
            var made = await NewPassword.GenerateAsync(storage, "", stored.Record, cancellationToken);
            if (!made.Succeeded)
                return made.Failure;
            var next = stored.Record with { Staged = made.Value };
            var outcome = await DatabaseStore.Replace(storage, name, stored.Revision, next).CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return DatabaseFailures.UnknownOutcome;
            if (outcome.Succeeded)
                return new StoredRecord<ConnectionRecord>(next, outcome.Revision);
        }
        return Racing.Contention;
    }

    // A user or password that stands in the address is what logs in, whatever the fields say: the new password would lock the server out.
    private bool IsLiteral(ConnectionRecord record)
    {
        if (record.Details.ConnectionUrl?.Reveal() is not { } url)
            return false;
        var hasPassword = pool.Plugins.First(p => p.Name == record.PluginName).Redact(url).HadPassword;
        return hasPassword || !url.Contains("{{username}}", StringComparison.Ordinal);
    }

    private static Failure LiteralCredentials { get; } = Failure.Invalid(
        "database.literal_credentials",
        "unable to rotate root credentials: connection_url must have {{username}} and {{password}} in it, and the fields username and password what they stand for");

    private ConnectionRecord? Promoted(ConnectionRecord was, SecretText password) =>
        password.Equals(was.Password) ? null : was.Proven(password) with { Rotated = clock.GetUtcNow() };

    // One that the database does not want, so that the next rotation takes another. It is not forgotten: another server may have set it all the same.
    private static ConnectionRecord? Unstaged(ConnectionRecord was, SecretText password) =>
        password.Equals(was.Staged) ? was with { Staged = null, Former = was.Remember(password) } : null;

    private static async ValueTask<Outcome<Nothing>> ChangeAsync(
        RequestContext context, string name, Func<ConnectionRecord, ConnectionRecord?> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Racing.Attempts; attempt++)
        {
            if (await DatabaseStore.ReadConnectionAsync(context.Storage, name, cancellationToken) is not { } stored || change(stored.Record) is not { } next)
                return Outcome.Done;
            var outcome = await DatabaseStore.Replace(context.Storage, name, stored.Revision, next).CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return DatabaseFailures.UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            context.Index = outcome.Revision;
            return Outcome.Done;
        }
        return Racing.Contention;
    }
}
