using System.Globalization;

namespace Kist.Hosting;

/// <summary>The file that holds the process's number while it runs.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string path;

    private PidFile(string path) => this.path = path;

    /// <summary>Writes it; null for no path.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static PidFile? Write(string path)
    {
        if (path.Length == 0)
            return null;
        File.WriteAllText(path, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        return new PidFile(path);
    }

    /// <inheritdoc/>
    public void Dispose() => File.Delete(path);
}
