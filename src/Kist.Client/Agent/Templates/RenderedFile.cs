using System.Security.Cryptography;
using Kist.Client.Agent.Secrets;

namespace Kist.Client.Agent.Templates;

/// <summary>
/// A file that a template fills, or a sink. It is written aside, complete with owner and mode, and put in place in one step: whoever reads it sees
/// the last state or the next. A link in its place is replaced and not followed.
/// </summary>
/// <param name="path">Where it is.</param>
internal sealed class RenderedFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode FolderMode = OwnerOnly | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    // Of a file that stands, not what makes it run as its owner.
    private const UnixFileMode Kept = FolderMode | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Its mode; null to keep the one that it has.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>
    /// The mode of a new one, where <see cref="Mode"/> is null. The default is Vault's: the reader is usually another user than the agent.
    /// </summary>
    public UnixFileMode NewMode { get; init; } = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Its owner by name or number; empty to keep the one that it has.</summary>
    public string User { get; init; } = "";

    /// <summary>Its group by name or number; empty to keep the one that it has.</summary>
    public string Group { get; init; } = "";

    /// <summary>
    /// Whether a file that stands gives its owner and group to the one that replaces it, where none is set. Not for what nobody but its reader is to have:
    /// whoever owns the folder can put a file of his own there first.
    /// </summary>
    public bool KeepsOwner { get; init; } = true;

    /// <summary>Whether missing folders are made.</summary>
    public bool MakesFolders { get; init; } = true;

    /// <summary>Whether the file that is replaced stays, with <c>.bak</c> behind its name.</summary>
    public bool KeepsLast { get; init; }

    /// <summary>Its content; null when there is no such file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public byte[]? Read() => FileStamp.Of(path, followsLink: false) is { IsRegular: true } found ? Content(found) : null;

    /// <summary>Writes it, unless it has this content, owner and mode.</summary>
    /// <returns>Whether something was written.</returns>
    /// <exception cref="IOException">It cannot be written; what was there stands.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written; what was there stands.</exception>
    public bool Write(ReadOnlySpan<byte> content)
    {
        var (user, group) = (FileOwner.User(User), FileOwner.Group(Group));
        var stands = FileStamp.Of(path, followsLink: false);
        var trusted = stands is { IsRegular: true } file && IsTrusted(file, user) ? stands : null;
        if (trusted is not null && IsAsWanted(trusted, user, group, content))
            return false;
        if (Directory.Exists(path) || stands is { IsRegular: false, IsLink: false })
            throw new IOException($"{path} is no file that can be replaced");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (MakesFolders)
            Directory.CreateDirectory(folder, FolderMode);
        else if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"there is no folder {folder}, and none is to be made");
        TemporaryFile.Sweep(folder);
        var temporary = TemporaryFile.In(folder);
        try
        {
            WriteAside(temporary, content, trusted, user, group);
            if (KeepsLast && stands is { IsRegular: true })
                KeepLast(folder);
            File.Move(temporary, path, overwrite: true);
            return true;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>
    /// Whether owner and mode of the file that stands are kept. Where others may write, anybody can have put it there before, to be given the secret.
    /// </summary>
    private bool IsTrusted(FileStamp file, uint user)
    {
        var folder = FileStamp.Of(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var agent = FileOwner.Self();
        return file.User == user || file.User == agent || (KeepsOwner && file.User == folder?.User)
            || (folder is not null && (folder.User == agent || folder.User == 0) && (folder.Mode & OthersWrite) == UnixFileMode.None);
    }

    private byte[] Content(FileStamp found)
    {
        using var file = RegularFile.Open(path, found);
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    private bool IsAsWanted(FileStamp file, uint user, uint group, ReadOnlySpan<byte> content)
    {
        var isOwned = (user == FileOwner.Keep || user == file.User) && (group == FileOwner.Keep || group == file.Group);
        if (!isOwned || (Mode ?? (file.Mode & Kept)) != file.Mode || file.Size != (ulong)content.Length)
            return false;
        try
        {
            var held = Content(file);
            var isSame = CryptographicOperations.FixedTimeEquals(held, content);
            CryptographicOperations.ZeroMemory(held);
            return isSame;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, which the agent may replace and must not read.
            return false;
        }
    }

    private void WriteAside(string temporary, ReadOnlySpan<byte> content, FileStamp? stands, uint user, uint group)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = OwnerOnly };
        using var stream = new FileStream(temporary, options);
        stream.Write(content);
        // Before the mode: a change of owner may take bits of it away, and what the mode opens must be the right owner's.
        if (!FileOwner.TryGive(stream.SafeFileHandle, user, group))
            throw new UnauthorizedAccessException($"the system does not let {path} be given to user \"{User}\", group \"{Group}\"");
        // To the last file's owner where none is wanted, if the system lets an agent that is not root.
        if (KeepsOwner && stands is not null)
        {
            var (kept, keptGroup) = (user == FileOwner.Keep ? stands.User : FileOwner.Keep, group == FileOwner.Keep ? stands.Group : FileOwner.Keep);
            _ = FileOwner.TryGive(stream.SafeFileHandle, kept, keptGroup);
        }
        File.SetUnixFileMode(stream.SafeFileHandle, Mode ?? (stands?.Mode & Kept) ?? NewMode);
        stream.Flush(flushToDisk: true);
    }

    // A second name for the file before its first one goes to the next: at no moment is the path empty.
    private void KeepLast(string folder)
    {
        var name = TemporaryFile.In(folder);
        FileOwner.Link(path, name);
        try
        {
            File.Move(name, $"{path}.bak", overwrite: true);
        }
        finally
        {
            // When both names are of one file, the system leaves both.
            File.Delete(name);
        }
    }
}
