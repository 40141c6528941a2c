using System.Text.Json.Serialization;
using Kist.Crypto;

namespace Kist.Hosting;

/// <summary>The unseal key and root token of a development server: in memory, or in files of mode 0600 beside its data.</summary>
internal sealed class DevKeys
{
    /// <summary>Name of the file with the share that makes another root token.</summary>
    public const string RecoveryName = "recovery.key";

    private const string RootTokenName = "root-token";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string? folder;

    private DevKeys(SecretBytes unsealKey, SecretText? rootToken, string? folder)
    {
        UnsealKey = unsealKey;
        RootToken = rootToken;
        this.folder = folder;
    }

    /// <summary>Wraps the root key (static seal).</summary>
    public SecretBytes UnsealKey { get; }

    /// <summary>The root token, once known.</summary>
    public SecretText? RootToken { get; private set; }

    public static DevKeys InMemory() => new(SecretBytes.Random(32), null, null);

    /// <exception cref="IOException">The folder or a file cannot be written or read.</exception>
    /// <exception cref="ConfigException">The key file is not a key.</exception>
    public static DevKeys InFolder(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var keyFile = Path.Combine(folder, "unseal.key");
        var rootTokenFile = Path.Combine(folder, RootTokenName);
        if (!File.Exists(keyFile))
        {
            if (File.Exists(Path.Combine(folder, "kist.db")))
                throw new ConfigException($"{keyFile} is gone: the data beside it cannot be unsealed without it");
            using var fresh = SecretBytes.Random(32);
            KeyFile.Write(keyFile, fresh);
        }
        var key = KeyFile.Read(keyFile, out _) ?? throw new ConfigException($"{keyFile} is not an unseal key");
        return new DevKeys(key, File.Exists(rootTokenFile) ? new SecretText(File.ReadAllText(rootTokenFile).Trim()) : null, folder);
    }

    /// <summary>Remembers the root token and the recovery share that initialisation made.</summary>
    public void Keep(SecretText rootToken, SecretBytes recoveryShare)
    {
        RootToken = rootToken.Utf8.IsEmpty ? null : rootToken;
        if (folder is null)
            return;
        if (RootToken is not null)
            OwnFile.Write(Path.Combine(folder, RootTokenName), [.. rootToken.Utf8, (byte)'\n']);
        KeyFile.Write(Path.Combine(folder, RecoveryName), recoveryShare);
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class DevJson : JsonSerializerContext;
