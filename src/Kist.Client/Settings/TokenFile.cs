using System.Security.Cryptography;
using Kist.Crypto;

namespace Kist.Client.Settings;

/// <summary>
/// The file in which the CLI keeps a person's token between commands (<c>~/.kist-token</c>, <c>~/.vault-token</c>): one line, readable by its owner
/// only. Writing replaces the file in one step and never follows a symbolic link, so that nobody who can place a link in the folder can aim the token
/// elsewhere.
/// </summary>
public sealed class TokenFile(string path)
{
    /// <summary>A longer file is no token.</summary>
    private const int MaxBytes = 64 * 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Where it is.</summary>
    public string Path { get; } = path;

    /// <summary>True when others than the owner may read or write it.</summary>
    public bool IsExposed => !OperatingSystem.IsWindows() && File.Exists(Path) && (File.GetUnixFileMode(Path) & Others) != UnixFileMode.None;

    /// <summary>The token, or null when the file is absent or empty.</summary>
    /// <exception cref="SettingException">The file cannot be read or holds no token.</exception>
    public SecretText? Read()
    {
        try
        {
            using var stream = File.OpenRead(Path);
            if (stream.Length > MaxBytes)
                throw new SettingException($"{Path} is too long to be a token file");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var token = new SecretText(bytes.AsSpan().Trim(" \t\r\n"u8));
            CryptographicOperations.ZeroMemory(bytes);
            return token.Utf8.IsEmpty ? null : token;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"cannot read the token file {Path}: {e.Message}");
        }
    }

    /// <summary>Keeps the token, with mode 0600.</summary>
    /// <exception cref="SettingException">It cannot be written, or a symbolic link is in its place.</exception>
    public void Write(SecretText token)
    {
        RefuseLink();
        var temporary = $"{Path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        try
        {
            WriteNew(temporary, token.Utf8);
            File.Move(temporary, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new SettingException($"cannot write the token file {Path}: {e.Message}");
        }
    }

    /// <summary>Removes the file if there is one.</summary>
    /// <exception cref="SettingException">It cannot be removed, or a symbolic link is in its place.</exception>
    public void Delete()
    {
        RefuseLink();
        try
        {
            File.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"cannot remove the token file {Path}: {e.Message}");
        }
    }

    private static void WriteNew(string file, ReadOnlySpan<byte> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var stream = new FileStream(file, options);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    private void RefuseLink()
    {
        if (new FileInfo(Path).LinkTarget is not null)
            throw new SettingException($"the token file {Path} is a symbolic link; remove it, or pass the token in KIST_TOKEN");
    }
}
