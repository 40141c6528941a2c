using System.Diagnostics;
using System.Globalization;

namespace Kist.Harness.Servers;

/// <summary>How a PostgreSQL is set up.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>Also serve TLS with this; null for none.</summary>
    public TestCertificates? Certificates { get; init; }

    /// <summary>Refuse clients that come without TLS.</summary>
    public bool RequireTls { get; init; }

    /// <summary>Further settings, each as <c>name=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];
}

/// <summary>Debian's PostgreSQL, over TCP alone, with passwords by SCRAM.</summary>
public sealed class PostgresServer : PrivateServer
{
    /// <summary>The superuser.</summary>
    public const string Superuser = "kist_root";

    /// <summary>The superuser's first password.</summary>
    public const string Password = "first-of-postgres";

    // PostgreSQL refuses to run as root; Debian's package makes this user.
    private const string User = "postgres";
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromSeconds(20);

    private readonly PostgresServerOptions options;

    private PostgresServer(PostgresServerOptions options)
        : base("postgres")
    {
        this.options = options;
    }

    /// <summary>True when the server is installed.</summary>
    public static bool Installed => Programs() is not null;

    /// <summary>The client <c>psql</c>, which comes with the server.</summary>
    public static string Client => Program("psql");

    /// <summary>The files that clients trust, or null without TLS.</summary>
    public TestCertificates? Certificates => options.Certificates;

    /// <inheritdoc/>
    // Closes the sessions; SIGTERM would wait for them.
    protected override int EndSignal => Signals.Interrupt;

    private string Data => Path.Combine(Home, "data");

    /// <summary>Makes a database cluster, starts it and waits until it takes clients.</summary>
    public static Task<PostgresServer> StartAsync(PostgresServerOptions options) => FirstStartAsync(new PostgresServer(options));

    /// <inheritdoc/>
    protected override async Task PrepareAsync()
    {
        // The server's user passes through.
        File.SetUnixFileMode(Home, (UnixFileMode)Convert.ToInt32("711", 8));
        await OwnAsync("-d", "-m", "700", Data);
        var password = Path.Combine(Home, "password");
        await File.WriteAllTextAsync(password, Password);
        string[] make =
        [
            Program("initdb"), "-D", Data, "-U", Superuser, $"--pwfile={password}", "--auth-host=scram-sha-256", "--auth-local=reject",
            "--encoding=UTF8", "--no-locale", "--no-sync",
        ];
        var line = AsUser(make);
        await RunToolAsync(line[0], line[1..]);
        if (options.Certificates is { } files)
        {
            await OwnAsync("-m", "600", files.CertificateFile, files.KeyFile, Data);
            if (options.RequireTls)
                await File.WriteAllTextAsync(Path.Combine(Data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n");
        }
    }

    /// <inheritdoc/>
    protected override ProcessStartInfo Run()
    {
        List<string> settings =
        [
            "listen_addresses=127.0.0.1", $"port={Port.ToString(CultureInfo.InvariantCulture)}", "unix_socket_directories=", "fsync=off",
            "shared_buffers=16MB", "max_connections=100", "dynamic_shared_memory_type=mmap",
        ];
        if (options.Certificates is { } files)
        {
            settings.AddRange(
            [
                "ssl=on", $"ssl_cert_file={Path.GetFileName(files.CertificateFile)}", $"ssl_key_file={Path.GetFileName(files.KeyFile)}",
            ]);
        }
        settings.AddRange(options.Settings);
        var line = AsUser([Program("postgres"), "-D", Data, .. settings.SelectMany(static setting => (string[])["-c", setting])]);
        return Guardian.Start(line[0], line[1..]);
    }

    /// <inheritdoc/>
    // The server says in the file of its process id what it is doing.
    protected override async Task<bool> IsReadyAsync()
    {
        try
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"));
            return lines.Length >= 8 && lines[7].Trim() == "ready" && lines[0] == Process.Id.ToString(CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    // A killed server would leave its shared memory.
    protected override async Task EndAsync()
    {
        if (HasRun && !Process.HasExited)
        {
            await ResumeAsync();
            Process.Signal(Signals.Quit);
            await Process.EndsWithinAsync(PatienceAtEnd, CancellationToken.None);
        }
        await base.EndAsync();
    }

    private static string? Programs() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(static version => Path.Combine(version, "bin"))
            .Where(static folder => File.Exists(Path.Combine(folder, "postgres"))).Order(StringComparer.Ordinal).LastOrDefault()
        : null;

    private static string Program(string name) =>
        Path.Combine(Programs() ?? throw new InvalidOperationException("PostgreSQL is not installed"), name);

    private static string[] AsUser(string[] line) =>
        Environment.IsPrivilegedProcess ? ["/usr/bin/setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", .. line] : line;

    private static Task OwnAsync(params string[] arguments) =>
        RunToolAsync("/usr/bin/install", Environment.IsPrivilegedProcess ? ["-o", User, "-g", User, .. arguments] : arguments);
}
