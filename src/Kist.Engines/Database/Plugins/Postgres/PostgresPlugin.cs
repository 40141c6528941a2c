using Kist.Core;
using Kist.Crypto;
using Kist.Engines.Database.Statements;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>PostgreSQL.</summary>
internal sealed class PostgresPlugin(TimeProvider clock) : IDatabasePlugin
{
    /// <inheritdoc/>
    public string Name => "postgresql-database-plugin";

    /// <inheritdoc/>
    public string UsernameTemplate =>
        """{{ printf "v-%s-%s-%s-%s" (.DisplayName | truncate 8) (.RoleName | truncate 8) (random 20) (unix_time) | truncate 63 }}""";

    /// <inheritdoc/>
    public Failure? Check(ConnectionDetails details) => PostgresSettings.Check(details);

    /// <inheritdoc/>
    public (string Text, bool HadPassword) Redact(string connectionUrl) =>
        (PostgresUrl.Redact(connectionUrl), PostgresUrl.Parse(connectionUrl) is { Succeeded: true, Value.HasPassword: true });

    /// <inheritdoc/>
    public bool CanName(string username, IReadOnlyList<string> statements) =>
        StatementList.Split(statements).All(statement => new StatementValues(username, expiration: "").PutInto(statement).Succeeded);

    /// <inheritdoc/>
    public IDatabase Open(ConnectionDetails details, SecretText? password) => new PostgresDatabase(details, password, clock);
}
