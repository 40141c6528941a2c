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
            WriteNew(keyFile, Convert.ToBase64String(fresh.Span));
        }
        var key = new byte[32];
        if (!Convert.TryFromBase64String(File.ReadAllText(keyFile).Trim(), key, out var length) || length != key.Length)
            throw new ConfigException($"{keyFile} is not an unseal key");
        return new DevKeys(new SecretBytes(key), File.Exists(rootTokenFile) ? new SecretText(File.ReadAllText(rootTokenFile).Trim()) : null, rootTokenFile);
    }

    /// <summary>Remembers the root token that initialisation made.</summary>
    public void Keep(SecretText rootToken)
    {
        RootToken = rootToken;
        if (tokenFile is not null)
            WriteNew(tokenFile, rootToken.Reveal());
    }

    private static void WriteNew(string path, string text)
    {
        // Complete on disk under a name of its own before it counts: a crash must not leave half a key.
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            using var writer = new StreamWriter(file, leaveOpen: true);
            writer.WriteLine(text);
            writer.Flush();
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }
}

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class DevJson : JsonSerializerContext;
