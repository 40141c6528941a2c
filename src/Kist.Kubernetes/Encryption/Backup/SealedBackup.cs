using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Encryption.Backup;

/// <summary>
/// A sealed copy of a configuration file: text, so that it can be kept anywhere, even on paper. All lines before the last empty one are authenticated
/// with the content:
/// <code>
/// kist-encryption-backup/1
/// created: 2026-11-26T22:46:00Z
/// sha256: the hash of the file, which API servers from 1.34 on show in the metric last_config_info
/// key: argon2id PASSES MEBIBYTES SALT     or: transit MOUNT NAME WRAPPED
/// nonce: of AES-256-GCM
///
/// base64 of ciphertext and tag, in lines of 76
/// </code>
/// There is one way to write each backup; any other text is refused.
/// </summary>
public sealed class SealedBackup
{
    private const string Magic = "kist-encryption-backup/1";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const int LineLength = 76;

    /// <summary>Longest file that is sealed, in bytes.</summary>
    public const int MaxContent = 4 * 1024 * 1024;

    /// <summary>Longest text of a backup: there is room for the longest file.</summary>
    public const int MaxLength = 2 * MaxContent;

    private readonly byte[] nonce;
    private readonly byte[] box;

    private SealedBackup(DateTimeOffset created, string fingerprint, BackupKey key, byte[] nonce, byte[] box)
    {
        Created = created;
        Fingerprint = fingerprint;
        Key = key;
        this.nonce = nonce;
        this.box = box;
    }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>The SHA-256 of the file that it holds, in hexadecimal.</summary>
    public string Fingerprint { get; }

    /// <summary>How its key is had.</summary>
    public BackupKey Key { get; }

    /// <summary>A file's fingerprint.</summary>
    public static string FingerprintOf(ReadOnlySpan<byte> file) => Convert.ToHexStringLower(SHA256.HashData(file));

    /// <summary>Seals a file.</summary>
    /// <param name="file">The file's content, of at most <see cref="MaxContent"/> bytes.</param>
    /// <param name="how">How the key is had again.</param>
    /// <param name="key">The key, which seals nothing else.</param>
    /// <param name="now">The time.</param>
    public static SealedBackup Seal(ReadOnlySpan<byte> file, BackupKey how, SecretBytes key, DateTimeOffset now)
    {
        if (file.Length > MaxContent)
            throw new ArgumentException("the file is too long to be sealed", nameof(file));
        var second = new DateTimeOffset(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
        var fresh = RandomNumberGenerator.GetBytes(AeadKey.NonceBytes);
        var sealing = new SealedBackup(second, FingerprintOf(file), how, fresh, new byte[file.Length + AeadKey.TagBytes]);
        using var cipher = new AeadKey(key.Span);
        cipher.Encrypt(
            fresh, file, sealing.box.AsSpan(0, file.Length), sealing.box.AsSpan(file.Length), Encoding.UTF8.GetBytes(sealing.Header()));
        return sealing;
    }

    /// <summary>Reads a backup, without opening it.</summary>
    public static Outcome<SealedBackup> Parse(string text)
    {
        if (!text.StartsWith("kist-encryption-backup/", StringComparison.Ordinal))
            return Failure.Invalid("backup.format", "this is no backup of an EncryptionConfiguration");
        if (!text.StartsWith(Magic + "\n", StringComparison.Ordinal))
            return Failure.Invalid("backup.version", "the backup is of a version that this program does not know, or was changed");
        var backup = text.Length <= MaxLength ? TryParse(text.Split('\n')) : null;
        return backup is not null && backup.ToText() == text
            ? backup
            : Failure.Invalid("backup.format", "the backup is not as it was written: it was changed or cut off");
    }

    /// <summary>Opens it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="file">Takes the file's content.</param>
    public Outcome<Nothing> Open(SecretBytes key, SecretBuffer file)
    {
        var length = box.Length - AeadKey.TagBytes;
        using var cipher = new AeadKey(key.Span);
        var plaintext = file.GetSpan(length)[..length];
        if (!cipher.TryDecrypt(nonce, box.AsSpan(0, length), box.AsSpan(length), plaintext, Encoding.UTF8.GetBytes(Header())))
            return Failure.Invalid("backup.sealed", "the backup does not open: the passphrase or key is another one, or the backup was changed");
        file.Advance(length);
        return Outcome.Done;
    }

    /// <summary>The text to keep.</summary>
    public string ToText()
    {
        var text = new StringBuilder(Header());
        foreach (var line in Convert.ToBase64String(box).Chunk(LineLength))
            text.Append(line).Append('\n');
        return text.ToString();
    }

    private static SealedBackup? TryParse(string[] lines)
    {
        if (lines is not [_, ['c', 'r', 'e', 'a', 't', 'e', 'd', ':', ' ', .. var time], ['s', 'h', 'a', '2', '5', '6', ':', ' ', .. var hash],
            ['k', 'e', 'y', ':', ' ', .. var words], ['n', 'o', 'n', 'c', 'e', ':', ' ', .. var nonceHex], "", .. var body])
        {
            return null;
        }
        var isTime = DateTimeOffset.TryParseExact(time, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created);
        var isHex = IsHex(hash, 2 * SHA256.HashSizeInBytes) && IsHex(nonceHex, 2 * AeadKey.NonceBytes);
        var base64 = string.Concat(body);
        var bytes = new byte[base64.Length * 3 / 4 + 3];
        if (!isTime || !isHex || BackupKey.Parse(words) is not { } key || !Convert.TryFromBase64String(base64, bytes, out var length))
            return null;
        return length < AeadKey.TagBytes ? null : new SealedBackup(created, hash, key, Convert.FromHexString(nonceHex), bytes[..length]);
    }

    private static bool IsHex(string text, int length) => text.Length == length && text.All(char.IsAsciiHexDigitLower);

    private string Header() =>
        $"{Magic}\ncreated: {Created.ToString(TimeFormat, CultureInfo.InvariantCulture)}\nsha256: {Fingerprint}\nkey: {Key.Words}\n"
        + $"nonce: {Convert.ToHexStringLower(nonce)}\n\n";
}
