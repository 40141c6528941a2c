using System.Net;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Hosting;
using Kist.Hosting.Kms;
using Kist.Kubernetes.Kms;
using Kist.Kubernetes.Kms.KeyFiles;
using Kist.Wire;
using Kist.Wire.Grpc;

namespace Kist.Commands.Kms;

/// <summary><c>kms serve</c>.</summary>
internal static class KmsServeCommand
{
    private const string KubeadmServices = "10.96.0.0/12";

    private static readonly Flag Socket = Flag.Text(
        "socket", "PATH", "The socket to serve on, as the endpoint of the EncryptionConfiguration names it; required. Abstract sockets (@name) are refused.");

    private static readonly Flag SocketMode = Flag.Text("socket-mode", "MODE", "The socket's mode. Default 0600.");

    private static readonly Flag Api = Flag.List(
        "api",
        "VERSION",
        "Which versions of the interface to answer: v2 (Kubernetes 1.29 and later), v2beta1 (1.27 and later), v2alpha1 (1.25, 1.26), "
        + "v1beta1 (KMS v1). Default v2.");

    private static readonly Flag Fallback = Flag.Text(
        "fallback-key-file",
        "FILE",
        "Wrap local keys under this key file too, and serve with it when the remote key cannot be reached at the start. Then the file can decrypt "
        + "all that the remote key can.");

    private static readonly Flag ServiceCidr = Flag.List(
        "service-cidr", "CIDR", $"The cluster's network of Service addresses, for the warning about a remote key in it. Default {KubeadmServices}.");

    private static readonly Flag PollInterval = Flag.Text(
        "poll-interval", "DURATION", "How often to ask the remote key for its version and whether it still answers, with -refusal-grace at most 6m. Default 30s.");

    private static readonly Flag RefusalGrace = Flag.Text(
        "refusal-grace", "DURATION", "How long the remote key must go on refusing before Encrypt ends; at most 5m. Default 2m.");

    private static readonly Flag RemoteTimeout = Flag.Text("remote-timeout", "DURATION", "How long an answer of the remote key may take. Default 2.5s.");

    private static readonly Flag LocalKeyAge = Flag.Text("local-key-age", "DURATION", "When to make a new local key. Default 168h.");

    private static readonly Flag HealthAddress = Flag.Text(
        "health-address", "HOST:PORT", "Serve /livez, /readyz, /healthz and /metrics there over plain HTTP, such as 127.0.0.1:8280.");

    private static readonly Flag AuditFile = Flag.Text(
        "audit-file", "FILE", "Append a line of JSON for each Encrypt and Decrypt. What cannot be recorded is not answered.");

    private static readonly Flag LogLevel = Flag.Choice("log-level", ["trace", "debug", "info", "warn", "error"], "How much to log. Default info.");

    private static readonly Flag LogFormat = Flag.Choice("log-format", ["standard", "json"], "Log for people or for programs. Default standard.");

    public static Command Serve => new("kms serve", "Serves as the KMS plugin of an API server.", ServeAsync)
    {
        Description = "A remote key wraps a local key, which encrypts and decrypts without asking anybody. The key comes from exactly one of -key-file, "
            + "-transit-key, -aws-key, -google-key and -azure-key. SIGHUP reads certificates and key files again and reopens the audit file; SIGTERM "
            + "finishes the calls under way. API servers before Kubernetes 1.32 are served too, whatever they send as :authority.",
        Flags =
        [
            Socket, SocketMode, Api, .. RemoteKeyFlags.All, Fallback, ServiceCidr, PollInterval, RefusalGrace, RemoteTimeout, LocalKeyAge, HealthAddress,
            AuditFile, LogLevel, LogFormat,
        ],
        CallsServer = false,
        Example = new(
            "Serve with a transit key",
            "kms serve -socket=/run/kist-kms/kms.sock -transit-address=https://kist.example.org:8200 -transit-key=k8s -transit-token-file=/etc/kist/kms.token"),
    };

    private static async Task<int> ServeAsync(Invocation call, CancellationToken cancellation)
    {
        try
        {
            var options = Read(call);
            DiagnosticsSocket.TurnOff(call.Host.Variable);
            return await KmsHost.RunAsync(options, cancellation);
        }
        catch (Exception e) when (e is ConfigException or IOException or UnauthorizedAccessException or TlsFileException)
        {
            throw ExitException.Usage(e.Message);
        }
    }

    private static KmsServeOptions Read(Invocation call)
    {
        var remote = RemoteKeyFlags.Open(call, out var address);
        var networks = Networks(call);
        if (call.Has(Fallback) && remote is KeyFileKey)
            throw ExitException.Usage($"{Fallback} is for a remote key that may be out of reach: beside -key-file it would only be one more key to lose");
        return new KmsServeOptions
        {
            Socket = PluginSocket.PathOf(call.Text(Socket) ?? throw ExitException.Usage("-socket=PATH is required")),
            SocketMode = Mode(call.Text(SocketMode)),
            Apis = Apis(call.List(Api)),
            Remote = remote,
            Fallback = call.Text(Fallback) is { } file ? OpenFallback(file) : null,
            InCluster = address is null ? null : ClusterAddress.Reason(address.Host, call.Host.Variable("KUBERNETES_SERVICE_HOST"), networks),
            InClear = address is { Scheme: "http", IsLoopback: false } ? address.Authority : null,
            Plugin = Plugin(call),
            HealthAddress = call.Text(HealthAddress) is { } health ? EndPoint(health) : null,
            AuditFile = call.Text(AuditFile),
            Logging = new ServerConfig { LogLevel = call.Text(LogLevel) ?? "info", LogFormat = call.Text(LogFormat) ?? "standard" },
        };
    }

    private static KmsPluginOptions Plugin(Invocation call)
    {
        var defaults = new KmsPluginOptions();
        var poll = Duration(call, PollInterval, defaults.PollInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5));
        var grace = Duration(call, RefusalGrace, defaults.RefusalGrace, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        if (poll + grace > KmsPluginOptions.MostPollAndGrace)
        {
            throw ExitException.Usage(
                $"{PollInterval} and {RefusalGrace} may be {GoDuration.Format(KmsPluginOptions.MostPollAndGrace)} together, and are "
                + $"{GoDuration.Format(poll + grace)}: a key that is disabled must "
                + "be out of use within ten minutes, of which the API server takes three");
        }
        return defaults with
        {
            PollInterval = poll,
            PollIntervalWithoutKey = poll < defaults.PollIntervalWithoutKey ? poll : defaults.PollIntervalWithoutKey,
            RefusalGrace = grace,
            RemoteTimeout = Duration(call, RemoteTimeout, defaults.RemoteTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            LocalKeyAge = Duration(call, LocalKeyAge, defaults.LocalKeyAge, TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)),
        };
    }

    private static TimeSpan Duration(Invocation call, Flag flag, TimeSpan unset, TimeSpan least, TimeSpan most)
    {
        if (call.Text(flag) is not { } text)
            return unset;
        return GoDuration.TryParse(text, out var duration) && duration >= least && duration <= most
            ? duration
            : throw ExitException.Usage($"flag {flag} must be a duration such as 30s, between {GoDuration.Format(least)} and {GoDuration.Format(most)}");
    }

    private static UnixFileMode Mode(string? text)
    {
        if (text is null)
            return UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            var mode = Convert.ToInt32(text, 8);
            return mode is > 0 and <= 0x1FF ? (UnixFileMode)mode : throw new FormatException();
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw ExitException.Usage($"flag {SocketMode} must be an octal mode such as 0600 or 0660");
        }
    }

    private static HashSet<KmsApi> Apis(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return [KmsApi.V2];
        var apis = names.Select(static name => name switch
        {
            "v2" => KmsApi.V2,
            "v2beta1" => KmsApi.V2Beta1,
            "v2alpha1" => KmsApi.V2Alpha1,
            "v1beta1" or "v1" => KmsApi.V1Beta1,
            _ => throw ExitException.Usage($"flag {Api}: \"{name}\" is none of v2, v2beta1, v2alpha1 and v1beta1"),
        }).ToHashSet();
        return apis.Contains(KmsApi.V2) && apis.Contains(KmsApi.V2Beta1)
            ? throw ExitException.Usage($"flag {Api}: v2 and v2beta1 are one interface with two versions in Status: choose one; 1.29 and later take both")
            : apis;
    }

    private static KeyFileKey OpenFallback(string file)
    {
        var opened = KeyFileKey.Open(file);
        return opened.Succeeded ? opened.Value : throw ExitException.Usage(opened.Failure.Message);
    }

    private static List<IPNetwork> Networks(Invocation call)
    {
        var texts = call.List(ServiceCidr);
        return [.. (texts.Count > 0 ? texts : [KubeadmServices]).Select(static text => IPNetwork.TryParse(text, out var network)
            ? network
            : throw ExitException.Usage($"flag {ServiceCidr}: \"{text}\" is no network such as {KubeadmServices}"))];
    }

    private static IPEndPoint EndPoint(string text) => IPEndPoint.TryParse(text, out var endpoint) && endpoint.Port > 0
        ? endpoint
        : throw ExitException.Usage($"flag {HealthAddress}: \"{text}\" is no IP address with port, such as 127.0.0.1:8280");
}
