using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Kist.Harness;

/// <summary>SQLite as a judge and a yardstick, by the system's library and without the program's own code.</summary>
public static class SqliteFile
{
    private static readonly Lazy<bool> Loaded = new(Load);

    /// <summary>
    /// Runs SQLite's integrity check on a copy of the file and its write-ahead log, so that the program's own recovery is not done for it.
    /// </summary>
    /// <returns>The faults; empty when there are none.</returns>
    public static IReadOnlyList<string> Check(string path)
    {
        var copies = Directory.CreateTempSubdirectory("kist-check-").FullName;
        try
        {
            var copy = Path.Combine(copies, "copy.db");
            File.Copy(path, copy);
            if (File.Exists(path + "-wal"))
                File.Copy(path + "-wal", copy + "-wal");
            using var connection = Open(copy);
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA integrity_check";
            using var reader = command.ExecuteReader();
            var answers = new List<string>();
            while (reader.Read())
                answers.Add(reader.GetString(0));
            return answers is ["ok"] ? [] : answers;
        }
        finally
        {
            Directory.Delete(copies, recursive: true);
        }
    }

    /// <summary>Opens a database, created when absent. Connections are not pooled.</summary>
    public static SqliteConnection Open(string path)
    {
        _ = Loaded.Value;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static bool Load()
    {
        var library = NativeLibrary.Load("libsqlite3.so.0");
        var provider = new SQLite3Provider_e_sqlite3();
        NativeLibrary.SetDllImportResolver(provider.GetType().Assembly, (name, _, _) => name == "e_sqlite3" ? library : 0);
        raw.SetProvider(provider);
        return true;
    }
}
