using System.Runtime.InteropServices;
using Kist.Core.Storage;
using SQLitePCL;

namespace Kist.Storage.Sqlite;

/// <summary>The system's SQLite, which the distribution keeps patched; none is bundled.</summary>
internal static class SqliteLibrary
{
    private const string FileName = "libsqlite3.so.0";
    private static readonly Lazy<string?> Fault = new(Initialize);

    /// <summary>Loads the library once.</summary>
    /// <exception cref="StoreUnavailableException">It is not installed.</exception>
    public static void Load()
    {
        if (Fault.Value is { } fault)
            throw new StoreUnavailableException(fault);
    }

    private static string? Initialize()
    {
        if (!NativeLibrary.TryLoad(FileName, out var library))
            return Missing(FileName);
        var provider = new SQLite3Provider_e_sqlite3();
        NativeLibrary.SetDllImportResolver(provider.GetType().Assembly, (name, _, _) => name is "e_sqlite3" ? library : 0);
        raw.SetProvider(provider);
        raw.FreezeProvider();
        // Without the allocation statistics, threads do not meet at a lock for each allocation.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
        return null;
    }

    /// <summary>What to tell when the library is not there.</summary>
    internal static string Missing(string fileName) =>
        $"the SQLite library {fileName} is not installed: install the package libsqlite3-0 (Debian, Ubuntu), sqlite-libs (Alpine, Fedora) or choose another store";
}
