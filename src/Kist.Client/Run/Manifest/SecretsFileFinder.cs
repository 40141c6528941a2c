namespace Kist.Client.Run.Manifest;

/// <summary>Finds the secrets file.</summary>
public static class SecretsFileFinder
{
    /// <summary>The name where none is given.</summary>
    public const string DefaultName = "secrets.yml";

    /// <summary>Looks for a file in a folder and in those above it.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="RunException">There is none, or <paramref name="file"/> is an absolute path.</exception>
    public static string FindUpwards(string file, string folder)
    {
        if (Path.IsPathRooted(file))
            throw RunException.Usage($"file specified ({file}) is an absolute path: will not recurse up");
        for (var here = new DirectoryInfo(folder); here is not null; here = here.Parent)
        {
            var candidate = Path.Combine(here.FullName, file);
            if (Exists(candidate, file))
                return candidate;
        }
        throw RunException.Usage($"unable to locate file specified ({file}): reached root of file system");
    }

    // File.Exists takes every error for an absence, and a search that goes on above an unreadable file finds another's.
    private static bool Exists(string candidate, string file)
    {
        try
        {
            return (File.GetAttributes(candidate) & FileAttributes.Directory) == FileAttributes.None;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunException.Usage($"unable to locate file specified ({file}): {e.Message}");
        }
    }
}
