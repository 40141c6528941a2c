using System.Globalization;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.Encryption.Backup;

/// <summary>How the key of a backup is had: it stands in the backup's header.</summary>
public abstract record BackupKey
{
    /// <summary>Length of the key.</summary>
    public const int KeyBytes = AeadKey.KeyBytes;

    /// <summary>The header's words.</summary>
    internal abstract string Words { get; }

    /// <summary>Reads the header's words; null when they are none.</summary>
    internal static BackupKey? Parse(string words) => words.Split(' ') switch
    {
        ["argon2id", var passes, var memory, var salt] => PassphraseBackupKey.Parse(passes, memory, salt),
        ["transit", var mount, var name, var wrapped] when TransitBackupKey.IsName(mount) && TransitBackupKey.IsName(name) && wrapped.Length > 0 =>
            new TransitBackupKey(mount, name, wrapped),
        _ => null,
    };
}

/// <summary>By a passphrase.</summary>
/// <param name="Passes">Argon2id's passes.</param>
/// <param name="MemoryMebibytes">Argon2id's memory.</param>
/// <param name="SaltHex">The salt.</param>
public sealed record PassphraseBackupKey(int Passes, int MemoryMebibytes, string SaltHex) : BackupKey
{
    /// <summary>Shortest passphrase for a new backup, in bytes.</summary>
    public const int ShortestPassphrase = 12;

    // What a header may ask for: a restore must not be talked into taking a machine down.
    private const int MostPasses = 16;
    private const int MostMebibytes = 1024;

    /// <inheritdoc/>
    internal override string Words => string.Create(CultureInfo.InvariantCulture, $"argon2id {Passes} {MemoryMebibytes} {SaltHex}");

    /// <summary>
    /// With a salt of the system's generator. Three passes over 256 MiB, the second of the settings that libsodium names: a control-plane node can
    /// spare that, and a guess costs as much.
    /// </summary>
    public static PassphraseBackupKey New() => new(3, 256, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PassphraseKey.SaltBytes)));

    /// <summary>Makes the key.</summary>
    public Outcome<SecretBytes> Derive(SecretText passphrase)
    {
        if (PassphraseKey.Fault is { } fault)
            return Failure.Unavailable("backup.no_library", fault);
        try
        {
            return PassphraseKey.Derive(passphrase.Utf8, Convert.FromHexString(SaltHex), Passes, MemoryMebibytes * 1024L * 1024L, KeyBytes);
        }
        catch (CryptographicException e)
        {
            return Failure.Unavailable("backup.no_memory", e.Message);
        }
    }

    internal static PassphraseBackupKey? Parse(string passes, string memory, string salt)
    {
        if (!TryNumber(passes, MostPasses, out var passCount) || !TryNumber(memory, MostMebibytes, out var mebibytes))
            return null;
        return salt.Length == 2 * PassphraseKey.SaltBytes && salt.All(char.IsAsciiHexDigitLower)
            ? new PassphraseBackupKey(passCount, mebibytes, salt)
            : null;
    }

    private static bool TryNumber(string text, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most;
}

/// <summary>By a transit key of a server, which unwraps the backup's own key.</summary>
/// <param name="Mount">Where the transit engine is mounted.</param>
/// <param name="Name">The transit key's name.</param>
/// <param name="Wrapped">The backup's key as the server encrypted it: <c>vault:v1:…</c>.</param>
public sealed record TransitBackupKey(string Mount, string Name, string Wrapped) : BackupKey
{
    /// <inheritdoc/>
    internal override string Words => $"transit {Mount} {Name} {Wrapped}";

    /// <summary>Whether a mount or key may be named so in a header, and so in a request's path.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && name.Split('/').All(part =>
            part.Trim('.').Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));
}
