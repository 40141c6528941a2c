using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Kist.Client.Agent.Secrets;
using Kist.Client.Agent.Templates;
using Kist.Client.Run.Manifest;

namespace Kist.Client.Run.Files;

/// <summary>A link to a file in memory.</summary>
internal sealed partial class LinkedFile : IPushedFile
{
    private const int NameBytes = 8;

    private readonly MemoryFile memory;
    private readonly PushedPlace place;
    private readonly Action<string> tell;

    private LinkedFile(MemoryFile memory, PushedPlace place, Action<string> tell)
    {
        this.memory = memory;
        this.place = place;
        this.tell = tell;
    }

    public static LinkedFile Put(string path, FileSpec file, ReadOnlySpan<byte> content, FileGuard? guard, Action<string> tell)
    {
        var inMemory = new MemoryFile(content, file.Permissions, MemoryName(path));
        var made = PushedPlace.NameBeside(path);
        try
        {
            File.CreateSymbolicLink(made, inMemory.Path);
            // Nothing is left of one after a kill but a link to nothing, so that a guard has only what was there before to see to.
            return new LinkedFile(inMemory, PushedPlace.Take(path, made, file.Overwrite, keepsEarlier: true, guard, isGuarded: false), tell);
        }
        catch
        {
            File.Delete(made);
            inMemory.Dispose();
            throw;
        }
    }

    /// <summary>Whether a path is a link to the memory of a run, living or ended.</summary>
    public static bool IsOfARun(string path) => new FileInfo(path).LinkTarget is { } target && InMemory().IsMatch(target);

    /// <summary>
    /// Whether a path is a link that a killed run has left. Its target may exist again, in containers above all, where each first process has the
    /// number 1: then it is another file, of whatever process has the number now.
    /// </summary>
    /// <param name="path">What may be the link.</param>
    /// <param name="place">Where its run has put it.</param>
    public static bool IsLeft(string path, string place)
    {
        if (new FileInfo(path).LinkTarget is not { } target || InMemory().Match(target) is not { Success: true } match)
            return false;
        // Another user's processes may not be shown to us: what we do not see may be alive.
        if (FileStamp.Of(path, followsLink: false)?.User != FileOwner.Self())
            return false;
        if (new FileInfo(target).LinkTarget is { } open)
            return open != $"/memfd:{MemoryName(place)} (deleted)";
        try
        {
            // There is no such file, or this process must not know.
            _ = Directory.EnumerateFileSystemEntries(match.Groups["folder"].Value).Any();
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public Replacement Prepare(ReadOnlySpan<byte> content) => memory.Prepare(content);

    public void Dispose()
    {
        try
        {
            place.GiveBack(tell);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The link leads nowhere from now on.
        }
        memory.Dispose();
    }

    // The same by whatever way the folder is reached.
    private static string MemoryName(string place)
    {
        var folder = FileStamp.Of(Path.GetDirectoryName(place)!)?.Inode;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{folder}/{Path.GetFileName(place)}"));
        return $"{MemoryFile.UsualName}-{Convert.ToHexStringLower(hash.AsSpan(0, NameBytes))}";
    }

    // The first three are not of a run: a link to them is somebody's log.
    [GeneratedRegex("^(?<folder>/proc/[0-9]+/fd)/(?:[3-9]|[1-9][0-9]+)$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InMemory();
}
