using System.Text.Json.Serialization;
using Kist.Crypto;

namespace Kist.Hosting;

/// <summary>The unseal key and root token of a development server: in memory, or in files of mode 0600 beside its data.</summary>
internal sealed class DevKeys
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string? tokenFile;

    private DevKeys(SecretBytes unsealKey, SecretText? rootToken, string? tokenFile)
    {
        UnsealKey = unsealKey;
        RootToken = rootToken;
        this.tokenFile = tokenFile;
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
        var rootTokenFile = Path.Combine(folder, "root-token");
        if (!File.Exists(keyFile))
        {
            if (File.Exists(Path.Combine(folder, "kist.db")))
                throw new ConfigException($"{keyFile} is gone: the data beside it cannot be unsealed without it");
            using var fresh = SecretBytes.Random(32);
            KeyFile.Write(keyFile, fresh);
        }
        var key = KeyFile.Read(keyFile, out _) ?? throw new ConfigException($"{keyFile} is not an unseal key");
        return new DevKeys(key, File.Exists(rootTokenFile) ? new SecretText(File.ReadAllText(rootTokenFile).Trim()) : null, rootTokenFile);
    }

    /// <summary>Remembers the root token that initialisation made.</summary>
    public void Keep(SecretText rootToken)
    {
        RootToken = rootToken;
        if (tokenFile is not null)
            OwnFile.Write(tokenFile, [.. rootToken.Utf8, (byte)'\n']);
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class DevJson : JsonSerializerContext;
