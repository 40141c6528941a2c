using System.Diagnostics.CodeAnalysis;
using Xunit;

namespace Kist.Harness.Servers;

/// <summary>A server of Debian's that a test cannot do without.</summary>
public enum NeededServer
{
    /// <summary>The package postgresql.</summary>
    Postgres,

    /// <summary>The package mariadb-server.</summary>
    MariaDb,

    /// <summary>The package redis-server.</summary>
    Redis,

    /// <summary>The package rabbitmq-server.</summary>
    RabbitMq,
}

/// <summary>
/// A test with a real server; skipped, by name and with the reason, where it is not installed. Under <c>CI=true</c> it runs and fails instead, for
/// <c>./test</c> could have installed it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactNeedingServerAttribute : FactAttribute
{
    /// <summary>With the need.</summary>
    public FactNeedingServerAttribute(NeededServer server)
    {
        Server = server;
        Skip = ServerNeeds.Lack(server);
    }

    /// <summary>What the test needs.</summary>
    public NeededServer Server { get; }
}

/// <summary>A test of many cases with a real server; see <see cref="FactNeedingServerAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryNeedingServerAttribute : TheoryAttribute
{
    /// <summary>With the need.</summary>
    public TheoryNeedingServerAttribute(NeededServer server)
    {
        Server = server;
        Skip = ServerNeeds.Lack(server);
    }

    /// <summary>What the test needs.</summary>
    public NeededServer Server { get; }
}

/// <summary>Which servers there are.</summary>
public static class ServerNeeds
{
    /// <summary>True when the server is installed.</summary>
    public static bool Has(NeededServer server) => Find(server).Installed;

    // Null lets a test run, also one that will fail for want of the server.
    internal static string? Lack(NeededServer server) =>
        Find(server) is { Installed: false } need && !UnderCi() ? $"needs the package {need.Package}" : null;

    private static (bool Installed, string Package) Find(NeededServer server) => server switch
    {
        NeededServer.Postgres => (PostgresServer.Installed, "postgresql"),
        NeededServer.MariaDb => (MariaDbServer.Installed, "mariadb-server"),
        NeededServer.Redis => (RedisServer.Installed, "redis-server"),
        NeededServer.RabbitMq => (RabbitMqServer.Installed, "rabbitmq-server"),
        _ => throw new ArgumentOutOfRangeException(nameof(server)),
    };

    [SuppressMessage("ApiDesign", "RS0030", Justification = "The test runner's own environment.")]
    private static bool UnderCi() => Environment.GetEnvironmentVariable("CI") == "true";
}
