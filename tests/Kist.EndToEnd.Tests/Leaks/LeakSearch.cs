using System.Text;

namespace Kist.EndToEnd.Tests.Leaks;

/// <summary>Searches what a server leaves behind for secrets.</summary>
public static class LeakSearch
{
    /// <summary>Every place where a form of a secret stands, as messages that do not repeat it.</summary>
    public static IReadOnlyList<string> In(string place, ReadOnlySpan<byte> content, PlantedSecrets secrets)
    {
        var found = new List<string>();
        foreach (var needle in secrets.Needles())
        {
            var at = content.IndexOf(needle.Bytes);
            if (at >= 0)
                found.Add($"{place}: {needle.Label} as {needle.Form} at byte {at}");
        }
        return found;
    }

    /// <summary>Searches a text.</summary>
    public static IReadOnlyList<string> InText(string place, string text, PlantedSecrets secrets) => In(place, Encoding.UTF8.GetBytes(text), secrets);

    /// <summary>Searches all files of a directory: a database with its log and shared memory, audit files.</summary>
    public static IReadOnlyList<string> InDirectory(string directory, PlantedSecrets secrets) =>
        [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).SelectMany(file => In(file, File.ReadAllBytes(file), secrets))];
}
