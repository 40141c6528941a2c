using System.Text;
using Kist.Commands.Cli;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Kms;

namespace Kist.Commands.Etcd;

/// <summary>An EncryptionConfiguration with its keys and the plugins that it names. Wipes the keys on disposal.</summary>
internal sealed class LoadedConfiguration : IDisposable
{
    private readonly List<KmsSocketClient> plugins;

    private LoadedConfiguration(string path, EncryptionConfiguration configuration, ProviderChains chains, List<KmsSocketClient> plugins)
    {
        Path = path;
        Configuration = configuration;
        Chains = chains;
        this.plugins = plugins;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>What it says.</summary>
    public EncryptionConfiguration Configuration { get; }

    /// <summary>Its keys at work.</summary>
    public ProviderChains Chains { get; }

    /// <summary>Reads a file that the API server accepts, and asks each KMS plugin how it is; of those that do not answer, standard error tells.</summary>
    /// <exception cref="ExitException">The file cannot be used.</exception>
    public static async Task<LoadedConfiguration> LoadAsync(Invocation call, string path, CancellationToken cancellation)
    {
        // Whether this API server still allows KMS v1 does not change what it once wrote.
        var loaded = ConfigurationFile.Load(Read(path), new LintFacts { KmsV1Enabled = true });
        if (!loaded.Succeeded)
            throw ExitException.Failed($"{path}: {loaded.Failure.Message}");
        var clients = new List<KmsSocketClient>();
        var chains = ProviderChains.Create(loaded.Value, kms => Remember(clients, KmsSocketClient.Create(kms)), new AtRestOptions());
        if (!chains.Succeeded)
            throw ExitException.Failed(chains.Failure.Message);
        foreach (var plugin in clients)
        {
            if (await plugin.GreetAsync(cancellation) is { } failure)
                call.Host.Tell($"Note: {failure.Message}; what it encrypted is judged by its label alone, not decrypted.");
        }
        return new LoadedConfiguration(path, loaded.Value, chains.Value, clients);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Chains.Dispose();
        foreach (var plugin in plugins)
            plugin.Dispose();
    }

    private static KmsSocketClient? Remember(List<KmsSocketClient> clients, KmsSocketClient? plugin)
    {
        if (plugin is not null)
            clients.Add(plugin);
        return plugin;
    }

    private static string Read(string path)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The decoder's message quotes bytes of the file.
            throw ExitException.Failed(e is DecoderFallbackException ? $"{path} is not UTF-8 text" : $"cannot read {path}: {e.Message}");
        }
    }
}
