using System.Security.Cryptography;
using Kist.Crypto;

namespace Kist.Client.Agent.Login;

/// <summary>
/// A file with a credential. It is read at each login, because others renew it; what was read last is kept for when the file is gone, for many are to
/// be removed once they are read.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="what">What it holds, for messages: <c>role id</c>.</param>
internal sealed class CredentialFile(string path, string what)
{
    /// <summary>A longer file is no credential.</summary>
    private const int MaxBytes = 64 * 1024;

    /// <summary>Where it is.</summary>
    public string Path => path;

    /// <summary>What was read last, or was made of it.</summary>
    public SecretText? Last { get; set; }

    /// <summary>The file's content without blanks around it, or null when it is not there or empty.</summary>
    /// <exception cref="LoginException">It cannot be read.</exception>
    public SecretText? Read()
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            // Not by its length, which pipes do not have.
            var bytes = new byte[MaxBytes + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
                throw new LoginException($"{path} has more than {MaxBytes / 1024} KiB, which no {what} has");
            var content = new SecretText(bytes.AsSpan(0, length).Trim(" \t\r\n"u8));
            CryptographicOperations.ZeroMemory(bytes);
            return content.Utf8.IsEmpty ? null : content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoginException($"cannot read the {what} from {path}: {e.Message}");
        }
    }

    /// <summary>The file's content, or what was read last.</summary>
    /// <exception cref="LoginException">There is neither.</exception>
    public SecretText ReadOrLast() => Last = Read() ?? Last ?? throw Missing();

    /// <summary>What to say when there is no credential.</summary>
    public LoginException Missing() => new($"there is no {what} in {path}: the file is not there or empty");

    /// <summary>Removes the file.</summary>
    /// <param name="followsLinks">Removes what a link leads to and not the link.</param>
    /// <returns>Why that failed, or null.</returns>
    public string? Remove(bool followsLinks = false)
    {
        try
        {
            var target = followsLinks ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null;
            File.Delete(target ?? path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot remove {path}: {e.Message}";
        }
    }
}
