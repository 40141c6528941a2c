using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Crypto;
using Kist.Engines.Database.Statements;
using Kist.Engines.Database.Stored;
using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>One PostgreSQL, by a pool of connections of its administering user.</summary>
internal sealed class PostgresDatabase(ConnectionDetails details, SecretText? rootPassword, TimeProvider clock) : IDatabase
{
    // Longer names are cut by the server without an error (NAMEDATALEN): then the user would have another name than the one that is told.
    private const int LongestName = 63;
    private const int Attempts = 10;
    private const int LongestPauseMilliseconds = 50;

    // The lease is looked at a little late sometimes; the user lives so much longer.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private static readonly IReadOnlyList<string> ExtendByDefault = ["ALTER ROLE \"{{name}}\" VALID UNTIL '{{expiration}}'"];
    private static readonly IReadOnlyList<string> SetPasswordByDefault = ["ALTER ROLE \"{{username}}\" WITH PASSWORD '{{password}}'"];

    private readonly PostgresSource source = PostgresSettings.Open(details, rootPassword);

    /// <inheritdoc/>
    public async ValueTask<Outcome<Nothing>> PingAsync(CancellationToken cancellationToken)
    {
        var asked = await AskAsync("SELECT true", null, cancellationToken);
        return asked.Succeeded ? Outcome.Done : asked.Failure;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<bool>> UserExistsAsync(string username, CancellationToken cancellationToken) =>
        CheckName(username) is { } bad ? new(bad) : AskAsync("SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1)", username, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Outcome<Nothing>> CreateUserAsync(NewUser user, CancellationToken cancellationToken)
    {
        if (CheckName(user.Username) is { } bad)
            return bad;
        var hashed = Hashed(user.Password);
        return hashed.Succeeded
            ? await ChangeAsync(
                user.Statements, new StatementValues(user.Username, hashed.Value, Time(user.ExpiresAt)), [user.Password.Reveal(), hashed.Value], user.IsVoid,
                cancellationToken)
            : hashed.Failure;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<Nothing>> ExtendUserAsync(
        string username, DateTimeOffset expiresAt, IReadOnlyList<string> statements, CancellationToken cancellationToken) =>
        CheckName(username) is { } bad
            ? new(bad)
            : ChangeAsync(OrElse(statements, ExtendByDefault), new StatementValues(username, expiration: Time(expiresAt)), [], null, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Outcome<Nothing>> SetPasswordAsync(
        string username, SecretText password, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        if (CheckName(username) is { } bad)
            return bad;
        var hashed = Hashed(password);
        return hashed.Succeeded
            ? await ChangeAsync(
                OrElse(statements, SetPasswordByDefault), new StatementValues(username, hashed.Value), [password.Reveal(), hashed.Value], null, cancellationToken)
            : hashed.Failure;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<Nothing>> DropUserAsync(string username, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        if (CheckName(username) is { } bad)
            return bad;
        if (statements.Count == 0)
            return await CallAsync((connection, ct) => PostgresRevocation.DropAsync(connection, username, ct), [], null, cancellationToken);
        var dropped = await ChangeAsync(statements, new StatementValues(username), [], null, cancellationToken);
        if (dropped.Succeeded || dropped.Failure.Kind == FailureKind.Unavailable)
            return dropped;
        // The statements are written for a user that there is.
        var exists = await UserExistsAsync(username, cancellationToken);
        return exists is { Succeeded: true, Value: false } ? Outcome.Done : dropped;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<LoginAnswer>> TryLoginAsync(string username, SecretText password, CancellationToken cancellationToken)
    {
        var answer = await LoginAsync(username, password, cancellationToken);
        if (answer is not { Succeeded: true, Value: LoginAnswer.Accepted })
            return answer;
        // A server that asks for no password proves nothing by taking one.
        using var wrong = new SecretText(RandomNumberGenerator.GetHexString(32));
        var control = await LoginAsync(username, wrong, cancellationToken);
        return control is { Succeeded: true, Value: LoginAnswer.Accepted } ? LoginAnswer.Unclear : answer;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async ValueTask<Outcome<LoginAnswer>> LoginAsync(string username, SecretText candidate, CancellationToken cancellationToken)
    {
        try
        {
            await using var other = PostgresSettings.OpenAs(details, username, candidate);
            await using var connection = await other.OpenConnectionAsync(cancellationToken);
            return LoginAnswer.Accepted;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            return LoginAnswer.Refused;
        }
        catch (PostgresException e) when (PostgresFailures.Of(e).Kind != FailureKind.Unavailable)
        {
            // No host rule, no right to connect, no login at all: it says nothing about the password.
            return LoginAnswer.Unclear;
        }
        catch (Exception e) when (PostgresFailures.Knows(e))
        {
            return PostgresFailures.Of(e);
        }
    }

    private ValueTask<Outcome<bool>> AskAsync(string question, string? name, CancellationToken cancellationToken) =>
        CallAsync<bool>(
            async (connection, ct) =>
            {
                await using var command = new NpgsqlCommand(question, connection);
                if (name is not null)
                    command.Parameters.Add(new NpgsqlParameter { Value = name });
                return await command.ExecuteScalarAsync(ct) is true;
            },
            [], null, cancellationToken);

    // All statements or none.
    private async ValueTask<Outcome<Nothing>> ChangeAsync(
        IReadOnlyList<string> statements, StatementValues values, IReadOnlyList<string> secrets, Func<bool>? isVoid, CancellationToken cancellationToken)
    {
        var prepared = new List<string>();
        foreach (var statement in StatementList.Split(statements))
        {
            var made = values.PutInto(statement);
            if (!made.Succeeded)
                return made.Failure;
            prepared.Add(made.Value);
        }
        return await CallAsync<Nothing>(
            async (connection, ct) =>
            {
                await using var transaction = await connection.BeginTransactionAsync(ct);
                // What StatementScanner takes for granted.
                await ExecuteAsync(connection, "SET LOCAL standard_conforming_strings = on", ct);
                foreach (var statement in prepared)
                    await ExecuteAsync(connection, statement, ct);
                if (isVoid?.Invoke() is true)
                    return DatabaseFailures.Void;
                await transaction.CommitAsync(ct);
                return Outcome.Done;
            },
            secrets, isVoid, cancellationToken);
    }

    private async ValueTask<Outcome<T>> CallAsync<T>(
        Func<NpgsqlConnection, CancellationToken, ValueTask<Outcome<T>>> call, IReadOnlyList<string> secrets, Func<bool>? isVoid,
        CancellationToken cancellationToken)
    {
        var attempt = 0;
        while (true)
        {
            attempt++;
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                return isVoid?.Invoke() is true ? DatabaseFailures.Void : await call(connection, cancellationToken);
            }
            catch (Exception e) when (PostgresFailures.IsRace(e) && attempt < Attempts)
            {
                // Two that change the grants of one table at a time: one of them loses, and has done nothing.
                var longest = Math.Min(attempt * 5, LongestPauseMilliseconds);
                await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, longest + 1)), clock, cancellationToken);
            }
            catch (Exception e) when (PostgresFailures.Knows(e))
            {
                return PostgresFailures.Of(e, secrets);
            }
        }
    }

    internal static async ValueTask ExecuteAsync(NpgsqlConnection connection, string statement, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private Outcome<string> Hashed(SecretText password)
    {
        if (details.PasswordAuthentication != "scram-sha-256")
            return password.Reveal();
        return ScramHash.Takes(password)
            ? ScramHash.Of(password)
            : Failure.Invalid("database.invalid_password", "scram-sha-256 takes passwords of ASCII characters alone: change the password policy");
    }

    private static Failure? CheckName(string username) =>
        username.Length > 0 && Encoding.UTF8.GetByteCount(username) <= LongestName && !username.Contains('\0', StringComparison.Ordinal)
            ? null
            : Failure.Invalid("database.invalid_username", $"the name of a user of PostgreSQL has 1 to {LongestName} bytes: change username_template");

    private static string Time(DateTimeOffset at) => (at + Grace).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'+0000'", CultureInfo.InvariantCulture);

    private static IReadOnlyList<string> OrElse(IReadOnlyList<string> statements, IReadOnlyList<string> byDefault) =>
        statements.Count > 0 ? statements : byDefault;
}
