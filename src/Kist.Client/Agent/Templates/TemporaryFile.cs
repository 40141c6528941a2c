using System.Globalization;
using System.Security.Cryptography;
using Kist.Client.Agent.Secrets;

namespace Kist.Client.Agent.Templates;

/// <summary>
/// The names under which files are written before they are put in place. Hidden, and without an ending, so that programs which read all of a folder's
/// <c>*.conf</c> do not see them.
/// </summary>
internal static class TemporaryFile
{
    private const string Prefix = ".kist-";
    private const int NameBytes = 8;

    // No write takes as long, so what is older was left by an agent that was killed.
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(10);

    /// <summary>A name of its own in a folder.</summary>
    public static string In(string folder) => Path.Combine(folder, $"{Prefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes))}");

    /// <summary>Removes what agents that were killed have left in a folder: it holds secrets, and nobody would miss it.</summary>
    public static void Sweep(string folder)
    {
        try
        {
            // The age of a file is told by the system's clock.
            var limit = (TimeProvider.System.GetUtcNow() - Abandoned).UtcDateTime;
            foreach (var path in Directory.EnumerateFiles(folder, $"{Prefix}*").Where(IsOurs).Where(path => File.GetLastWriteTimeUtc(path) < limit))
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's agent's, which will see to it; or a folder that must not be looked into.
        }
    }

    private static bool IsOurs(string path)
    {
        var name = Path.GetFileName(path).AsSpan(Prefix.Length);
        return name.Length == NameBytes * 2
            && ulong.TryParse(name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
            && FileStamp.Of(path, followsLink: false) is { IsRegular: true };
    }
}
