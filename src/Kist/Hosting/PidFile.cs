using System.Globalization;
using System.Text;

namespace Kist.Hosting;

/// <summary>The file that holds the process's number while it runs.</summary>
internal sealed class PidFile : IDisposable
{
    private static readonly string Number = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n";

    private readonly string path;

    private PidFile(string path) => this.path = path;

    /// <summary>
    /// Writes it, in one step: a link in its place is replaced and not followed. A file that was made beforehand, where nothing else can be made or moved, is
    /// written to. Null for no path.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static PidFile? Write(string path)
    {
        if (path.Length == 0)
            return null;
        try
        {
            PutInPlace(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && new FileInfo(path) is { Exists: true, LinkTarget: null })
        {
            File.WriteAllText(path, Number);
        }
        return new PidFile(path);
    }

    private static void PutInPlace(string path)
    {
        var aside = $"{path}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        File.Delete(aside);
        try
        {
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
                stream.Write(Encoding.ASCII.GetBytes(Number));
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Removes it, if it is still this process's: another one may have started meanwhile.</summary>
    public void Dispose()
    {
        try
        {
            if (File.ReadAllText(path) == Number)
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is left says the number of a process that does not run, which its readers must expect.
        }
    }
}
