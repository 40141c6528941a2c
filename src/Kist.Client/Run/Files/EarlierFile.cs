using System.Security.Cryptography;

namespace Kist.Client.Run.Files;

/// <summary>A file that stood where another one is put for a while: kept beside it under another name, and put back.</summary>
internal sealed class EarlierFile
{
    private readonly string path;
    private readonly string? kept;

    private EarlierFile(string path, string? kept)
    {
        this.path = path;
        this.kept = kept;
    }

    /// <summary>Keeps what is at the path, if anything is.</summary>
    /// <param name="path">Where it stands.</param>
    /// <param name="guard">Is told before it is moved, so that a kill at any moment leaves it at its place; null when nobody watches.</param>
    public static EarlierFile Keep(string path, FileGuard? guard)
    {
        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
            return new EarlierFile(path, null);
        var aside = TemporaryName(path);
        guard?.Watch(path, aside);
        File.Move(path, aside);
        return new EarlierFile(path, aside);
    }

    /// <summary>A name in the same folder that nothing else has.</summary>
    public static string TemporaryName(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $".kist-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");

    /// <summary>Where it is kept, or null when there was none.</summary>
    public string? Kept => kept;

    /// <summary>Puts it back, or leaves the path empty.</summary>
    public void Restore()
    {
        if (kept is null)
            File.Delete(path);
        else
            File.Move(kept, path, overwrite: true);
    }
}
