using System.Text;
using System.Text.Json;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Hosting;

/// <summary>What <c>kist dev</c> is told.</summary>
/// <param name="DataFolder">Where to keep data and keys, or null for memory.</param>
/// <param name="RootToken">The root token, or null for a random one.</param>
/// <param name="Address">Where to listen.</param>
/// <param name="MountKv">Mount KV version 2 at <c>secret/</c>.</param>
/// <param name="ActsAsVault">Print Vault's variables.</param>
internal sealed record DevOptions(string? DataFolder, SecretText? RootToken, string Address, bool MountKv, bool ActsAsVault);

/// <summary>
/// Runs a server to try things with. It unseals itself: in memory its key lives as long as the process, in a folder it lies beside the data, readable by
/// its owner alone.
/// </summary>
internal static class DevRunner
{
    /// <summary>Answers the exit code.</summary>
    /// <exception cref="IOException">The address cannot be bound or the folder not written.</exception>
    public static async Task<int> RunAsync(DevOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        var keys = options.DataFolder is null ? DevKeys.InMemory() : DevKeys.InFolder(options.DataFolder);
        var config = new ServerConfig
        {
            Listeners = [new ListenerConfig { Address = options.Address, TlsDisable = true }],
            Storage = options.DataFolder is null ? new StorageConfig("inmem", "") : new StorageConfig("sqlite", Path.Combine(options.DataFolder, "kist.db")),
            Seal = new StaticSealConfig(new("dev", keys.UnsealKey), null),
            LogLevel = "warn",
        };
        await using var store = NodeFactory.OpenStore(config.Storage);
        await using var server = KistServer.Create(config, observer => NodeFactory.Create(store, config, observer));
        ServerRunner.Harden(server);
        await server.StartAsync(cancellationToken);
        if (!server.Node.IsServing)
            await InitializeAsync(server.Node, options, keys, cancellationToken);
        await PrintAsync(options, keys, output);
        await server.RunAsync(cancellationToken);
        return 0;
    }

    private static async Task InitializeAsync(Node node, DevOptions options, DevKeys keys, CancellationToken cancellationToken)
    {
        var made = await node.InitializeAsync(1, 1, options.RootToken, cancellationToken);
        if (!made.Succeeded)
            throw new ConfigException(made.Failure.Message);
        keys.Keep(made.Value.RootToken, made.Value.Keys.Shares[0]);
        foreach (var share in made.Value.Keys.Shares)
            share.Dispose();
        if (made.Value.Keys.Trouble is { } trouble)
            throw new ConfigException($"the new server could not be set up: {trouble.Message}");
        if (!options.MountKv)
            return;
        var request = new Request
        {
            Id = Guid.NewGuid().ToString(),
            Path = "sys/mounts/secret",
            Operation = Operation.Update,
            Token = made.Value.RootToken,
            Body = JsonSerializer.SerializeToUtf8Bytes(
                new Dictionary<string, string>(StringComparer.Ordinal) { ["type"] = "kv-v2", ["description"] = "key/value secret storage" },
                DevJson.Default.DictionaryStringString),
        };
        var mounted = await node.Pipeline.HandleAsync(request, cancellationToken);
        if (mounted.Failure is { } failure)
            throw new ConfigException($"cannot mount secret/: {failure.Message}");
    }

    private static Task PrintAsync(DevOptions options, DevKeys keys, TextWriter output)
    {
        var prefix = options.ActsAsVault ? "VAULT" : "KIST";
        var program = options.ActsAsVault ? "vault" : "./kist";
        var token = keys.RootToken?.Reveal() ?? $"(its file is gone; make another with: kist operator generate-root, and the share in {DevKeys.RecoveryName})";
        var text = new StringBuilder()
            .AppendLine("Kist development server. Plain HTTP, unsealed, root token on the screen: not for production.")
            .AppendLine()
            .AppendLine($"  Address:    http://{options.Address}")
            .AppendLine($"  Root token: {token}")
            .AppendLine($"  Unseal key: {Convert.ToBase64String(keys.UnsealKey.Span)}");
        if (options.DataFolder is { } folder)
        {
            text.AppendLine().AppendLine($"  Data:       {Path.GetFullPath(folder)}")
                .AppendLine("  The unseal key and the root token lie beside the data (mode 0600): whoever can read this folder can read every secret in it.");
        }
        text.AppendLine().AppendLine("In another terminal:").AppendLine()
            .AppendLine($"  export {prefix}_ADDR=http://{options.Address}")
            .AppendLine($"  export {prefix}_TOKEN={token}")
            .AppendLine($"  {program} kv put secret/app user=me colour=blue")
            .AppendLine($"  {program} kv get secret/app");
        return output.WriteLineAsync(text.ToString());
    }
}
