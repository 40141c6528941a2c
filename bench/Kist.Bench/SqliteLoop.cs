using System.Diagnostics;
using System.Security.Cryptography;
using Kist.Harness;

namespace Kist.Bench;

/// <summary>The yardstick of writes: a bare loop that commits two rows a transaction, durably, as a write of a KV version does.</summary>
internal static class SqliteLoop
{
    private const int HeadBytes = 120;
    private const int VersionBytes = 280;
    private const int Keys = 1000;

    public static double CommitsPerSecond(string directory, TimeSpan duration)
    {
        var file = Path.Combine(directory, "loop.db");
        using var connection = SqliteFile.Open(file);
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = FULL");
        Execute("CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID");
        using var write = connection.CreateCommand();
        write.CommandText = "INSERT OR REPLACE INTO entries VALUES ($key, $value, $revision)";
        var (key, value, revision) = (write.Parameters.Add("$key", Microsoft.Data.Sqlite.SqliteType.Blob), write.Parameters.Add("$value", Microsoft.Data.Sqlite.SqliteType.Blob),
            write.Parameters.Add("$revision", Microsoft.Data.Sqlite.SqliteType.Integer));
        using var begin = connection.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        using var commit = connection.CreateCommand();
        commit.CommandText = "COMMIT";
        var (head, version) = (RandomNumberGenerator.GetBytes(HeadBytes), RandomNumberGenerator.GetBytes(VersionBytes));
        var began = Stopwatch.GetTimestamp();
        var commits = 0;
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            begin.ExecuteNonQuery();
            Write($"head/{commits % Keys}", head);
            Write($"version/{commits % Keys}/{commits}", version);
            commit.ExecuteNonQuery();
            commits++;
        }
        return commits / Stopwatch.GetElapsedTime(began).TotalSeconds;

        void Write(string name, byte[] content)
        {
            key.Value = System.Text.Encoding.ASCII.GetBytes(name);
            value.Value = content;
            revision.Value = commits;
            write.ExecuteNonQuery();
        }

        void Execute(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
