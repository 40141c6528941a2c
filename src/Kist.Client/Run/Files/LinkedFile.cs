using System.Text.RegularExpressions;
using Kist.Client.Run.Manifest;

namespace Kist.Client.Run.Files;

/// <summary>A link to a file in memory.</summary>
internal sealed partial class LinkedFile : IPushedFile
{
    private readonly MemoryFile memory;
    private readonly EarlierFile earlier;

    private LinkedFile(MemoryFile memory, EarlierFile earlier)
    {
        this.memory = memory;
        this.earlier = earlier;
    }

    public static LinkedFile Put(string path, FileSpec file, ReadOnlySpan<byte> content, FileGuard? guard)
    {
        var inMemory = new MemoryFile(content, file.Permissions);
        EarlierFile? kept = null;
        try
        {
            kept = EarlierFile.Keep(path, guard);
            File.CreateSymbolicLink(path, inMemory.Path);
            return new LinkedFile(inMemory, kept);
        }
        catch
        {
            kept?.Restore();
            inMemory.Dispose();
            throw;
        }
    }

    /// <summary>Removes a link that a killed run has left.</summary>
    public static void RemoveDangling(string path)
    {
        if (new FileInfo(path).LinkTarget is { } target && OfARun().IsMatch(target) && !Path.Exists(target))
            File.Delete(path);
    }

    public Replacement Prepare(ReadOnlySpan<byte> content) => memory.Prepare(content);

    public void Dispose()
    {
        try
        {
            earlier.Restore();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The link leads nowhere from now on.
        }
        memory.Dispose();
    }

    [GeneratedRegex("^/proc/[0-9]+/fd/[0-9]+$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OfARun();
}
