using System.Security.Cryptography;
using Kist.Client.Agent.Secrets;

namespace Kist.Client.Run.Files;

/// <summary>
/// A path at which a file of this run stands for a while. What stood there before is kept beside it under another name, and is put back at the end.
/// <para>
/// Runs may overlap: what the second one finds, and keeps, is the first one's file. So a run knows its file by what it is, whatever its name. One that
/// ends while another has the place finds its file where that one keeps it, and leaves there what it has kept itself: no run removes another's file,
/// or puts one back whose run has ended. What something else has put in the place stays.
/// </para>
/// </summary>
internal sealed class PushedPlace
{
    // Not of the names that agents sweep away after a while.
    private const string Prefix = ".kist-run-";
    private const int NameBytes = 8;

    private readonly string path;
    private readonly string? kept;
    private readonly FileGuard? guard;
    private string own;

    private PushedPlace(string path, string? kept, string own, FileGuard? guard)
    {
        this.path = path;
        this.kept = kept;
        this.own = own;
        this.guard = guard;
    }

    /// <summary>A name in the same folder that nothing else has.</summary>
    public static string NameBeside(string path) =>
        Path.Combine(Folder(path), $"{Prefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(NameBytes))}");

    /// <summary>Puts a file in place. The folder is locked.</summary>
    /// <param name="path">The place.</param>
    /// <param name="made">Where the file lies ready, in the same folder.</param>
    /// <param name="overwrites">Whether it goes over what stands there and is not kept.</param>
    /// <param name="keepsEarlier">Whether what stands there is kept.</param>
    /// <param name="guard">Is told before anything is moved, so that a kill at any moment leaves what was there; null when nobody watches.</param>
    /// <param name="isGuarded">Whether the guard has something to do even when nothing is kept: the file holds values.</param>
    public static PushedPlace Take(string path, string made, bool overwrites, bool keepsEarlier, FileGuard? guard, bool isGuarded)
    {
        var file = Identity(made);
        var aside = keepsEarlier && FileStamp.Of(path, followsLink: false) is not null ? NameBeside(path) : null;
        if (isGuarded || aside is not null)
            guard?.Watch(path, aside, file);
        if (aside is not null)
            File.Move(path, aside);
        try
        {
            File.Move(made, path, overwrites);
        }
        catch
        {
            if (aside is not null)
                File.Move(aside, path, overwrite: true);
            throw;
        }
        return new PushedPlace(path, aside, file, guard);
    }

    /// <summary>Puts another file of this run in the place of the last one, wherever that is.</summary>
    /// <param name="made">Where it lies ready, in the same folder.</param>
    /// <exception cref="IOException">Something else has the place and the last file is gone: it stays.</exception>
    public void Replace(string made)
    {
        using var held = FolderLock.Take(Folder(path));
        var next = Identity(made);
        var at = Find(path, own);
        if (at is null && Exists(path))
            throw new IOException($"{path} is not the file that was put there any more, and is left as it is");
        guard?.Watch(path, kept, next);
        File.Move(made, at ?? path, overwrite: at is not null);
        own = next;
    }

    /// <summary>Puts back what was there, or leaves the path empty.</summary>
    /// <param name="tell">Is told when something else has the place.</param>
    public void GiveBack(Action<string> tell)
    {
        if (GiveBack(path, kept, own))
            return;
        tell($"{path} is not the file that was put there any more, and is left as it is"
            + (kept is not null && Exists(kept) ? $"; what stood there before is kept as {kept}" : ""));
    }

    /// <summary>Puts back what was there, or leaves the path empty.</summary>
    /// <param name="path">The place.</param>
    /// <param name="kept">Where what was there is kept, or null.</param>
    /// <param name="own">The run's file: its <see cref="FileStamp.Identity"/>.</param>
    /// <returns>False when something else has the place: it stays, and so does what is kept.</returns>
    public static bool GiveBack(string path, string? kept, string own)
    {
        using var held = FolderLock.Take(Folder(path));
        var at = Find(path, own);
        var earlier = kept is not null && Exists(kept) ? kept : null;
        // Of a run that was killed: nobody would miss it.
        if (earlier is not null && LinkedFile.IsLeft(earlier, path))
        {
            File.Delete(earlier);
            earlier = null;
        }
        if (at == path || !Exists(path))
        {
            PutBack(earlier, path);
            if (at is not null && at != path)
                File.Delete(at);
            return true;
        }
        if (at is null)
            return false;
        // Another run has the place, and will put back what it finds where it keeps this one's file.
        PutBack(earlier, at);
        return true;
    }

    private static void PutBack(string? earlier, string path)
    {
        if (earlier is null)
            File.Delete(path);
        else
            File.Move(earlier, path, overwrite: true);
    }

    private static string? Find(string path, string own)
    {
        if (Identity(path) == own)
            return path;
        try
        {
            return Directory.EnumerateFileSystemEntries(Folder(path), $"{Prefix}*").FirstOrDefault(other => Identity(other) == own);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Exists(string path) => FileStamp.Of(path, followsLink: false) is not null;

    private static string Identity(string path) => FileStamp.Of(path, followsLink: false)?.Identity ?? "";

    private static string Folder(string path) => Path.GetDirectoryName(path)!;
}
