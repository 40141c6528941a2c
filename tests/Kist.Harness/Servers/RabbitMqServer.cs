using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Kist.Harness.Servers;

/// <summary>Debian's RabbitMQ with its management over HTTP, and with a name server for its node of its own.</summary>
public sealed class RabbitMqServer : PrivateServer
{
    /// <summary>The administrator.</summary>
    public const string Superuser = "admin";

    /// <summary>The administrator's first password.</summary>
    public const string Password = "first-of-rabbitmq";

    // Debian's own in /usr/sbin would change to the package's user and directories.
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private const string NameServer = "/usr/bin/epmd";

    private readonly int namePort = KistServer.FreeAddress().Port;
    private readonly int nodePort = KistServer.FreeAddress().Port;
    private readonly HttpClient client = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(5) };
    private KistProcess? names;

    private RabbitMqServer()
        : base("rabbitmq")
    {
        Management = KistServer.FreeAddress();
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Superuser}:{Password}")));
    }

    /// <summary>True when the server is installed.</summary>
    public static bool Installed => File.Exists(Program) && File.Exists(NameServer);

    /// <summary>Where the management answers, over HTTP; <see cref="PrivateServer.Port"/> is for messages (AMQP).</summary>
    public Uri Management { get; }

    /// <summary>Starts a server and waits until its management answers.</summary>
    public static Task<RabbitMqServer> StartAsync() => FirstStartAsync(new RabbitMqServer());

    /// <inheritdoc/>
    protected override async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Home, "rabbitmq.conf"), $"""
            listeners.tcp.1 = {Host}:{Port}
            management.tcp.ip = {Host}
            management.tcp.port = {Management.Port}
            default_user = {Superuser}
            default_pass = {Password}
            log.console = true
            log.console.level = warning
            log.file = false

            """);
        await File.WriteAllTextAsync(Path.Combine(Home, "plugins"), "[rabbitmq_management].\n");
        // The node would start one itself that outlives it.
        names = KistProcess.Start(Guardian.Start(NameServer, ["-port", Text(namePort), "-address", Host]));
    }

    /// <inheritdoc/>
    protected override ProcessStartInfo Run()
    {
        var start = Guardian.Start(Program, []);
        var environment = start.Environment;
        // The cookie lies there.
        environment["HOME"] = Home;
        environment["ERL_EPMD_PORT"] = Text(namePort);
        environment["RABBITMQ_NODENAME"] = $"kist{Text(Port)}@localhost";
        environment["RABBITMQ_DIST_PORT"] = Text(nodePort);
        environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(Home, "data");
        environment["RABBITMQ_LOG_BASE"] = Path.Combine(Home, "log");
        environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(Home, "rabbitmq.conf");
        environment["RABBITMQ_CONF_ENV_FILE"] = "/dev/null";
        environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(Home, "plugins");
        // The script then lets the server take its place instead of waiting for it; there is no input all the same.
        environment["RABBITMQ_ALLOW_INPUT"] = "1";
        environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-noinput -kernel inet_dist_use_interface {127,0,0,1}";
        return start;
    }

    /// <inheritdoc/>
    // Whatever the answer says, also that the password was changed: the management comes last, when all else listens.
    protected override async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(Management, $"api/health/checks/port-listener/{Text(Port)}"));
            return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        await base.EndAsync();
        if (names is not null)
            await names.DisposeAsync();
        client.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
