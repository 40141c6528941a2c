using System.Globalization;
using System.Text;
using Kist.Harness.Servers;
using Kist.Wire.Redis;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.Redis;

/// <summary>One Redis for all tests that change nothing about it; each keeps to users and keys of its own.</summary>
public sealed class SharedRedis : IAsyncLifetime
{
    private RedisServer? server;
    private int names;

    public RedisServer Server => server ?? throw new InvalidOperationException("Redis is not installed");

    /// <summary>How to reach a server, as its superuser unless another is named.</summary>
    public static RedisEndpoint Endpoint(RedisServer server, string user = RedisServer.Superuser, string password = RedisServer.Password) =>
        new() { Host = PrivateServer.Host, Port = server.Port, Credentials = new WireCredentials(user, Encoding.UTF8.GetBytes(password)) };

    /// <summary>A name that no other test uses.</summary>
    public string NewName() => $"name{Interlocked.Increment(ref names).ToString(CultureInfo.InvariantCulture)}";

    public async Task InitializeAsync()
    {
        if (ServerNeeds.Has(NeededServer.Redis))
            server = await RedisServer.StartAsync(new RedisServerOptions());
    }

    public async Task DisposeAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class SharedRedisCollection : ICollectionFixture<SharedRedis>
{
    public const string Name = "redis";
}
