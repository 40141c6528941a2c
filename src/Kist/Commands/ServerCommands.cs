using System.Net;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Core.Storage;
using Kist.Crypto;
using Kist.Hosting;

namespace Kist.Commands;

/// <summary><c>server</c> and <c>dev</c>.</summary>
internal static class ServerCommands
{
    private const string DevAddress = "127.0.0.1:8200";

    private static readonly Flag Config = Flag.Text("config", "FILE", "Configuration file, or a folder of such files: HCL or JSON with Vault's keys, or YAML.");
    private static readonly Flag Dev = Flag.Switch("dev", "Start a development server: in memory, unsealed, without TLS.");
    private static readonly Flag DevRootToken = Flag.Text("dev-root-token-id", "ID", "Root token of the development server; a random one if not given.");
    private static readonly Flag DevListen = Flag.Text("dev-listen-address", "HOST:PORT", $"Address of the development server; {DevAddress} if not given.");
    private static readonly Flag DevNoKv = Flag.Switch("dev-no-kv", "Do not mount a KV engine at secret/.");
    private static readonly Flag Data = Flag.Text("data", "DIR", "Keep the data in this folder, with the key that unseals it. In memory if not given.");
    private static readonly Flag RootToken = Flag.Text("root-token-id", "ID", "The root token; a random one if not given.");
    private static readonly Flag Listen = Flag.Text("listen-address", "HOST:PORT", $"Where to listen; {DevAddress} if not given.");

    /// <summary><c>server</c>.</summary>
    public static Command Server { get; } = new("server", "Start a server.", ServerAsync)
    {
        Description = "Listens until SIGTERM or SIGINT, then finishes the requests under way. SIGHUP reopens audit files and reloads certificates.",
        Flags = [Config, Dev, DevRootToken, DevListen, DevNoKv],
        CallsServer = false,
        Example = new("Start with a configuration", "server -config=/etc/kist/kist.hcl"),
    };

    /// <summary><c>dev</c>.</summary>
    public static Command DevServer { get; } = new("dev", "Start a server to try things with: unsealed, KV version 2 at secret/.", DevAsync)
    {
        Description = "Serves plain HTTP on this machine alone. Not for production: with -data, whoever can read the folder can read every secret in it.",
        Flags = [Data, RootToken, Listen],
        CallsServer = false,
        Example = new("Start one that keeps its data", "dev -data=./kist-data"),
    };

    private static async Task<int> ServerAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Switch(Dev))
            return await RunDevAsync(call, null, call.Text(DevRootToken), call.Text(DevListen), !call.Switch(DevNoKv), cancellation);
        var path = call.Text(Config) ?? throw ExitException.Usage("-config=FILE is required; to just try things, run: kist dev");
        try
        {
            DiagnosticsSocket.TurnOff(call.Host.Variable);
            return await ServerRunner.RunAsync(new ConfigReader(call.Host.Variable).ReadPath(path), cancellation);
        }
        catch (Exception e) when (e is ConfigException or StoreUnavailableException or IOException)
        {
            throw ExitException.Usage(e.Message);
        }
    }

    private static Task<int> DevAsync(Invocation call, CancellationToken cancellation) =>
        RunDevAsync(call, call.Text(Data), call.Text(RootToken), call.Text(Listen), mountKv: true, cancellation);

    private static async Task<int> RunDevAsync(Invocation call, string? data, string? rootToken, string? listen, bool mountKv, CancellationToken cancellation)
    {
        if (!IPEndPoint.TryParse(listen ?? DevAddress, out _))
            throw ExitException.Usage($"\"{listen}\" is not an address such as {DevAddress}");
        try
        {
            DiagnosticsSocket.TurnOff(call.Host.Variable);
            var options = new DevOptions(data, rootToken is null ? null : new SecretText(rootToken), listen ?? DevAddress, mountKv, call.Host.ActsAsVault);
            return await DevRunner.RunAsync(options, call.Host.Output, cancellation);
        }
        catch (Exception e) when (e is ConfigException or StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            throw ExitException.Usage(e.Message);
        }
    }
}
