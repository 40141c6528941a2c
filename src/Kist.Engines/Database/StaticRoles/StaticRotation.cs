using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Crypto;
using Kist.Engines.Database.Connections;
using Kist.Engines.Database.Names;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.StaticRoles;

/// <summary>
/// Rotates the passwords of static roles. A password is stored as staged before the database gets it, and counts once the database has it. Whatever is cut short
/// in between is brought to its end by whoever comes next, with the same password: to set it again changes nothing.
/// </summary>
internal sealed class StaticRotation(ConnectionPool pool, TimeProvider clock)
{
    // What a database refuses it refuses for a while.
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim[] turns = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Gives a role a new password; a rotation that was cut short is brought to its end instead.</summary>
    public ValueTask<Outcome<StaticRoleRecord>> RotateAsync(StorageView storage, string name, Precondition? fence, CancellationToken cancellationToken) =>
        InTurnAsync(new Work(storage, name, fence, Begins: true), cancellationToken);

    /// <summary>Brings a rotation that was cut short to its end, if there is one.</summary>
    public ValueTask<Outcome<StaticRoleRecord>> FinishAsync(StorageView storage, string name, CancellationToken cancellationToken) =>
        InTurnAsync(new Work(storage, name, null, Begins: false), cancellationToken);

    /// <summary>A password on its way to a role.</summary>
    public async ValueTask<Outcome<StagedPassword>> StageAsync(
        StorageView storage, string name, StaticRoleRecord role, CancellationToken cancellationToken)
    {
        if (await DatabaseStore.ReadConnectionAsync(storage, role.DbName, cancellationToken) is not { Record: var connection })
            return DatabaseFailures.UnknownConnection(role.DbName);
        if (CheckAccess(name, role, connection) is { } refused)
            return refused;
        var made = await NewPassword.GenerateAsync(storage, role.PasswordPolicy, connection, cancellationToken);
        return made.Succeeded ? new StagedPassword { Password = made.Value, At = clock.GetUtcNow() } : made.Failure;
    }

    /// <summary>What keeps a role from its connection; null for nothing.</summary>
    public static Failure? CheckAccess(string name, StaticRoleRecord role, ConnectionRecord connection)
    {
        if (!Glob.AnyMatches(connection.AllowedRoles, name))
            return DatabaseFailures.RoleNotAllowed(name);
        return role.Username == connection.Details.Username ? DatabaseFailures.OwnUser : null;
    }

    private async ValueTask<Outcome<StaticRoleRecord>> InTurnAsync(Work work, CancellationToken cancellationToken)
    {
        var turn = turns[(uint)HashCode.Combine(work.Storage.MountId, work.Name) % turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            // Each turn of the loop is another's progress.
            SecretText? applied = null;
            for (var attempt = 0; attempt < Racing.Attempts; attempt++)
            {
                if (await DatabaseStore.ReadStaticRoleAsync(work.Storage, work.Name, cancellationToken) is not { } stored)
                    return DatabaseFailures.UnknownRole(work.Name);
                var step = stored.Record.Staged is null or { Refused: true }
                    ? await BeginAsync(work, stored, applied, cancellationToken)
                    : await ApplyAsync(work, stored, cancellationToken);
                if (!step.Succeeded)
                    return step.Failure;
                if (step.Value.Done is { } role)
                    return role;
                applied = step.Value.Applied ?? applied;
            }
            return Racing.Contention;
        }
        finally
        {
            turn.Release();
        }
    }

    // The first half: a password is staged, and nothing else has happened yet.
    private async ValueTask<Outcome<Step>> BeginAsync(
        Work work, StoredRecord<StaticRoleRecord> stored, SecretText? applied, CancellationToken cancellationToken)
    {
        var role = stored.Record;
        if (applied is not null && applied.Equals(role.Password))
            return new Step(role, null);
        if (applied is null && !work.Begins)
            return new Step(role, null);
        if (role.Staged is { } doubtful && await IsInAsync(work, role, doubtful.Password, cancellationToken))
            return await PutAsync(work, stored, Promoted(role), new Step(Promoted(role), null), cancellationToken);
        if (applied is not null && role.Password is { } newer)
        {
            // Another server was faster, and what this one has set is older than what counts, which is set once more.
            var again = role with { Staged = new StagedPassword { Password = newer, At = clock.GetUtcNow() } };
            return await PutAsync(work, stored, again, new Step(null, null), cancellationToken);
        }
        var staged = await StageAsync(work.Storage, work.Name, role, cancellationToken);
        return staged.Succeeded
            ? await PutAsync(work, stored, role with { Staged = staged.Value }, new Step(null, null), cancellationToken)
            : staged.Failure;
    }

    // The second half: what is staged is set, and counts.
    private async ValueTask<Outcome<Step>> ApplyAsync(Work work, StoredRecord<StaticRoleRecord> stored, CancellationToken cancellationToken)
    {
        var role = stored.Record;
        var password = role.Staged!.Password;
        await work.Storage.ReachAsync("database.staged", cancellationToken);
        var set = await pool.UseAsync(
            work.Storage, role.DbName, work.Fence, (database, ct) => database.SetPasswordAsync(role.Username, password, role.RotationStatements, ct),
            cancellationToken);
        await work.Storage.ReachAsync("database.applied", cancellationToken);
        if (set.Succeeded || await IsInAsync(work, role, password, cancellationToken))
            return await PutAsync(work, stored, Promoted(role), new Step(Promoted(role), password), cancellationToken);
        // What keeps the server out of the database says nothing of this password.
        if (set.Failure.Kind != FailureKind.Unavailable && set.Failure.Code is not (DatabaseFailures.LoginRefused or DatabaseFailures.TlsFailed))
        {
            var refused = role.Staged with { Refused = true, At = clock.GetUtcNow() + AfterRefusal };
            _ = await PutAsync(work, stored, role with { Staged = refused }, default, cancellationToken);
        }
        return set.Failure;
    }

    private async ValueTask<bool> IsInAsync(Work work, StaticRoleRecord role, SecretText password, CancellationToken cancellationToken)
    {
        var answer = await pool.UseAsync(
            work.Storage, role.DbName, work.Fence, (database, ct) => database.TryLoginAsync(role.Username, password, ct), cancellationToken);
        return answer is { Succeeded: true, Value: LoginAnswer.Accepted };
    }

    // After a lost race the step is not done, and what was set is remembered.
    private static async ValueTask<Outcome<Step>> PutAsync(
        Work work, StoredRecord<StaticRoleRecord> was, StaticRoleRecord next, Step step, CancellationToken cancellationToken)
    {
        var change = DatabaseStore.Replace(work.Storage, work.Name, was, next);
        if (work.Fence is { } fence)
            change.Require(fence);
        var outcome = await change.CommitAsync(cancellationToken);
        if (outcome.Kind == CommitKind.Unknown)
            return DatabaseFailures.UnknownOutcome;
        return outcome.Succeeded ? step : step with { Done = null };
    }

    private StaticRoleRecord Promoted(StaticRoleRecord role) => role with { Password = role.Staged!.Password, Staged = null, Rotated = clock.GetUtcNow() };

    private readonly record struct Work(StorageView Storage, string Name, Precondition? Fence, bool Begins);

    /// <summary>How far it is.</summary>
    /// <param name="Done">The role, when nothing is left to do.</param>
    /// <param name="Applied">The password that the database was given.</param>
    private readonly record struct Step(StaticRoleRecord? Done, SecretText? Applied);
}
