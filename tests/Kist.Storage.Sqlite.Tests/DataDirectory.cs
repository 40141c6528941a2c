using System.Diagnostics;

namespace Kist.Storage.Sqlite.Tests;

/// <summary>A directory for one test and the database in it. Disposing removes it, whatever was done to it.</summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("kist-sqlite-");
    private bool mounted;

    public string Database => Path.Combine(directory.FullName, "kist.db");

    public string PathOf(string name) => Path.Combine(directory.FullName, name);

    public IEnumerable<string> Files => directory.GetFiles().Select(f => f.Name).Order(StringComparer.Ordinal);

    /// <summary>Makes the directory a small disk of its own; false without the right to mount.</summary>
    public bool TryMount(int megabytes) => mounted = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", directory.FullName) == 0;

    /// <summary>Forbids changes of a file, also to root; false where that is not possible.</summary>
    public static bool TryProtect(string file)
    {
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        return !Environment.IsPrivilegedProcess || Run("chattr", "+i", file) == 0;
    }

    public static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (mounted)
            _ = Run("umount", "--lazy", directory.FullName);
        if (Environment.IsPrivilegedProcess)
            _ = Run("chattr", "-R", "-f", "-i", directory.FullName);
        directory.Delete(recursive: true);
    }
}
