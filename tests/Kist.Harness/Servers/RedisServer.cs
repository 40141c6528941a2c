using System.Diagnostics;
using System.Net.Sockets;

namespace Kist.Harness.Servers;

/// <summary>How a Redis is set up.</summary>
public sealed record RedisServerOptions
{
    /// <summary>Serve TLS alone, with this; null for plain TCP.</summary>
    public TestCertificates? Certificates { get; init; }

    /// <summary>With TLS, demand certificates of the authority from clients.</summary>
    public bool DemandClientCertificate { get; init; }
}

/// <summary>Debian's Redis, whose users last over restarts once <c>ACL SAVE</c> was said.</summary>
public sealed class RedisServer : PrivateServer
{
    /// <summary>The user that may do everything.</summary>
    public const string Superuser = "default";

    /// <summary>That user's first password.</summary>
    public const string Password = "first-of-redis";

    /// <summary>The command-line client, which comes with the server.</summary>
    public const string Client = "/usr/bin/redis-cli";

    private const string Program = "/usr/bin/redis-server";

    private readonly RedisServerOptions options;

    private RedisServer(RedisServerOptions options)
        : base("redis")
    {
        this.options = options;
    }

    /// <summary>True when the server is installed.</summary>
    public static bool Installed => File.Exists(Program);

    /// <summary>The files that clients trust, or null without TLS.</summary>
    public TestCertificates? Certificates => options.Certificates;

    private string Settings => Path.Combine(Home, "redis.conf");

    // For the question whether it is ready, which needs no TLS and no password there.
    private string Socket => Path.Combine(Home, "socket");

    /// <summary>Starts a server and waits until it takes clients.</summary>
    public static Task<RedisServer> StartAsync(RedisServerOptions options) => FirstStartAsync(new RedisServer(options));

    /// <inheritdoc/>
    protected override async Task PrepareAsync()
    {
        var users = Path.Combine(Home, "users.acl");
        await File.WriteAllTextAsync(users, $"user {Superuser} on >{Password} ~* &* +@all\n");
        var demand = options.DemandClientCertificate ? "yes" : "optional";
        var tls = options.Certificates is { } files
            ? $"""
                port 0
                tls-port {Port}
                tls-ca-cert-file {files.AuthorityFile}
                tls-cert-file {files.CertificateFile}
                tls-key-file {files.KeyFile}
                tls-auth-clients {demand}
                """
            : $"port {Port}";
        await File.WriteAllTextAsync(Settings, $"""
            bind {Host}
            {tls}
            unixsocket {Socket}
            unixsocketperm 700
            dir {Home}
            aclfile {users}
            appendonly yes
            save ""
            daemonize no
            maxmemory 64mb

            """);
    }

    /// <inheritdoc/>
    protected override ProcessStartInfo Run() => Guardian.Start(Program, [Settings]);

    /// <inheritdoc/>
    // It says that it is loading while it reads its data; then it asks for a password, or needs none.
    protected override async Task<bool> IsReadyAsync()
    {
        var words = await FirstWordsAsync(new UnixDomainSocketEndPoint(Socket), "PING\r\n"u8.ToArray());
        return words.AsSpan().StartsWith("-NOAUTH"u8) || words.AsSpan().StartsWith("+PONG"u8);
    }
}
