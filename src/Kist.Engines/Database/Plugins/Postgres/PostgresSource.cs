using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>Connections, and the certificates that they use.</summary>
internal sealed class PostgresSource(NpgsqlDataSource source, PostgresTls tls) : IDisposable, IAsyncDisposable
{
    /// <summary>A connection.</summary>
    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => source.OpenConnectionAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        source.Dispose();
        tls.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        tls.Dispose();
    }
}
