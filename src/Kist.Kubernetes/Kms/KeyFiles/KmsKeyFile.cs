using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.KeyFiles;

/// <summary>
/// A file of keys: one version wraps, all unwrap. A new version is added first and used later, so that the file can be brought to every node before any
/// of them wraps under it. The file is text: <c>kist-kms-key-file 1</c>, <c>use N</c>, then <c>N TIME BASE64</c> for each version.
/// </summary>
public sealed class KmsKeyFile : IDisposable
{
    private const string Header = "kist-kms-key-file 1";
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ssZ";
    private const int MostBytes = 64 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private KmsKeyFile(IReadOnlyList<KmsKeyFileVersion> versions, int used)
    {
        Versions = versions;
        Used = versions.First(v => v.Number == used);
    }

    /// <summary>All versions, the newest last.</summary>
    public IReadOnlyList<KmsKeyFileVersion> Versions { get; }

    /// <summary>The version that wraps.</summary>
    public KmsKeyFileVersion Used { get; }

    /// <summary>A new file's content, with one version, in use.</summary>
    public static KmsKeyFile Create(TimeProvider time) => new([NewVersion(1, time)], 1);

    /// <summary>The same with a further version, which is not in use yet. Shares the keys with this one.</summary>
    public KmsKeyFile WithNewVersion(TimeProvider time) => new([.. Versions, NewVersion(Versions[^1].Number + 1, time)], Used.Number);

    /// <summary>The same with another version in use; null when there is no such version. Shares the keys with this one.</summary>
    public KmsKeyFile? Using(int number) => Versions.Any(v => v.Number == number) ? new KmsKeyFile(Versions, number) : null;

    /// <summary>True when the other has the same keys and uses the same one.</summary>
    public bool HasSameVersions(KmsKeyFile other) =>
        Used.KeyId == other.Used.KeyId && Versions.Select(static v => v.KeyId).SequenceEqual(other.Versions.Select(static v => v.KeyId));

    /// <summary>Reads a file.</summary>
    public static Outcome<KmsKeyFile> Read(string path)
    {
        var content = GC.AllocateArray<byte>(MostBytes + 1, pinned: true);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Others) != UnixFileMode.None)
                return Faulty(path, $"others than its owner may read or write it; run: chmod 600 {path}");
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return length > MostBytes ? Faulty(path, "it is too long to be a key file") : Parse(path, content.AsSpan(0, length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var absent = e is FileNotFoundException or DirectoryNotFoundException;
            return Faulty(path, absent ? $"there is no such file; make one with: kist kms key-file init {path}" : e.Message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Writes the file, complete on disk before it counts, for its owner alone.</summary>
    /// <param name="path">Where.</param>
    /// <param name="replace">False to refuse when a file is there already.</param>
    /// <exception cref="IOException">It cannot be written, or is there already.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public void Write(string path, bool replace)
    {
        using var content = new SecretBuffer();
        Append($"{Header}\n# Whoever has this file can decrypt what was encrypted with it. Keep a copy apart from etcd's backups.\nuse {Used.Number}\n");
        foreach (var version in Versions)
        {
            Append($"{version.Number} {version.Made.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} ");
            Base64.EncodeToUtf8(version.Key, content.GetSpan(Base64.GetMaxEncodedToUtf8Length(version.Key.Length)), out _, out var written);
            content.Advance(written);
            content.Write("\n"u8);
        }
        var temporary = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        try
        {
            WriteNew(temporary, content.Written);
            File.Move(temporary, path, overwrite: replace);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        void Append(FormattableString text) => content.Write(Encoding.ASCII.GetBytes(FormattableString.Invariant(text)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var version in Versions)
            version.Dispose();
    }

    private static void WriteNew(string path, ReadOnlySpan<byte> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var file = new FileStream(path, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    private static KmsKeyFileVersion NewVersion(int number, TimeProvider time) => new(number, time.GetUtcNow(), SecretBytes.Random(AeadKey.KeyBytes));

    private static Outcome<KmsKeyFile> Parse(string path, ReadOnlySpan<byte> content)
    {
        var versions = new List<KmsKeyFileVersion>();
        var used = 0;
        var number = 0;
        foreach (var range in content.Split((byte)'\n'))
        {
            number++;
            var line = content[range].Trim(" \t\r"u8);
            if (number == 1 && !line.SequenceEqual("kist-kms-key-file 1"u8))
                return Faulty(path, $"its first line is not \"{Header}\"");
            if (number == 1 || line.IsEmpty || line[0] == (byte)'#')
                continue;
            if (line.StartsWith("use "u8) && used == 0 && Utf8Parser.TryParse(line[4..], out used, out var read) && read == line.Length - 4 && used > 0)
                continue;
            // The line is not quoted: it holds a key.
            if (ParseVersion(line) is not { } version || version.Number <= versions.LastOrDefault()?.Number)
                return Faulty(path, $"line {number} is neither \"use NUMBER\" nor a version, or the versions are not in order");
            versions.Add(version);
        }
        return versions.Any(v => v.Number == used) ? new KmsKeyFile(versions, used) : Faulty(path, "it does not say which of its versions to use");
    }

    private static KmsKeyFileVersion? ParseVersion(ReadOnlySpan<byte> line)
    {
        if (!Utf8Parser.TryParse(line, out int number, out var read) || number < 1 || read >= line.Length || line[read] != (byte)' ')
            return null;
        line = line[(read + 1)..];
        var space = line.IndexOf((byte)' ');
        if (space < 0 || !DateTimeOffset.TryParseExact(
            Encoding.ASCII.GetString(line[..space]), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made))
        {
            return null;
        }
        Span<byte> key = stackalloc byte[AeadKey.KeyBytes];
        try
        {
            return Base64.DecodeFromUtf8(line[(space + 1)..], key, out var consumed, out var written) == OperationStatus.Done
                && written == key.Length && consumed == line.Length - space - 1
                ? new KmsKeyFileVersion(number, made, new SecretBytes(key))
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static Failure Faulty(string path, string reason) => Failure.Invalid("kms.key_file", $"the key file {path} cannot be used: {reason}");
}
