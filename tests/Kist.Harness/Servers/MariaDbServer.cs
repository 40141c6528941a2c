using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Kist.Harness.Servers;

/// <summary>How a MariaDB is set up.</summary>
public sealed record MariaDbServerOptions
{
    /// <summary>Also serve TLS with this, and take client certificates of its authority; null for none.</summary>
    public TestCertificates? Certificates { get; init; }

    /// <summary>Refuse clients that come without TLS.</summary>
    public bool RequireTls { get; init; }

    /// <summary>Further flags.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>Debian's MariaDB, over TCP, with passwords by <c>mysql_native_password</c>.</summary>
public sealed class MariaDbServer : PrivateServer
{
    /// <summary>The superuser, from 127.0.0.1 alone.</summary>
    public const string Superuser = "root";

    /// <summary>The superuser's first password.</summary>
    public const string Password = "first-of-mariadb";

    /// <summary>The command-line client, which comes with the server.</summary>
    public const string Client = "/usr/bin/mariadb";

    private const string Program = "/usr/sbin/mariadbd";
    private const string Maker = "/usr/bin/mariadb-install-db";

    private readonly MariaDbServerOptions options;

    private MariaDbServer(MariaDbServerOptions options)
        : base("mariadb")
    {
        this.options = options;
    }

    /// <summary>True when the server is installed.</summary>
    public static bool Installed => File.Exists(Program) && File.Exists(Maker);

    /// <summary>The files that clients trust, or null without TLS.</summary>
    public TestCertificates? Certificates => options.Certificates;

    private string Data => Path.Combine(Home, "data");

    private string FirstStatements => Path.Combine(Home, "first.sql");

    /// <summary>Makes a data directory, starts a server on it and waits until it takes clients.</summary>
    public static Task<MariaDbServer> StartAsync(MariaDbServerOptions options) => FirstStartAsync(new MariaDbServer(options));

    /// <inheritdoc/>
    protected override async Task PrepareAsync()
    {
        Directory.CreateDirectory(Data);
        await RunToolAsync(
            Maker,
            "--no-defaults", $"--datadir={Data}", $"--user={Environment.UserName}", "--auth-root-authentication-method=normal", "--skip-test-db");
        await File.WriteAllTextAsync(FirstStatements, $"""
            CREATE OR REPLACE USER {Superuser}@'127.0.0.1' IDENTIFIED BY '{Password}';
            GRANT ALL ON *.* TO {Superuser}@'127.0.0.1' WITH GRANT OPTION;
            DELETE FROM mysql.global_priv WHERE User IN ('', '{Superuser}') AND Host <> '127.0.0.1';
            FLUSH PRIVILEGES;

            """);
    }

    /// <inheritdoc/>
    protected override ProcessStartInfo Run()
    {
        List<string> arguments =
        [
            "--no-defaults", $"--user={Environment.UserName}", $"--datadir={Data}", $"--socket={Path.Combine(Home, "socket")}",
            $"--pid-file={Path.Combine(Home, "pid")}", $"--bind-address={Host}", $"--port={Port.ToString(CultureInfo.InvariantCulture)}",
            "--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0",
            "--performance-schema=OFF",
        ];
        // Once, for the password may have been changed since.
        if (!HasRun)
            arguments.Add($"--init-file={FirstStatements}");
        if (options.Certificates is { } files)
            arguments.AddRange([$"--ssl-ca={files.AuthorityFile}", $"--ssl-cert={files.CertificateFile}", $"--ssl-key={files.KeyFile}"]);
        if (options.RequireTls)
            arguments.Add("--require-secure-transport=ON");
        return Guardian.Start(Program, [.. arguments, .. options.Arguments]);
    }

    /// <inheritdoc/>
    // The greeting is a packet whose content begins with the protocol's version; an error begins with 0xff.
    protected override async Task<bool> IsReadyAsync() =>
        await FirstWordsAsync(new IPEndPoint(IPAddress.Loopback, Port), default) is [_, _, _, 0, 10, ..];
}
