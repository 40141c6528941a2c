using System.Globalization;
using System.Text;
using Kist.Harness;
using Kist.Harness.Servers;
using Kist.Wire.MySql;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.MySql;

/// <summary>One MariaDB, with TLS for those who want it, for all tests that change nothing about it; each keeps to names of its own.</summary>
public sealed class SharedMariaDb : IAsyncLifetime
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-mysql-").FullName;
    private TestCertificates? certificates;
    private MariaDbServer? server;
    private int names;

    public MariaDbServer Server => server ?? throw new InvalidOperationException("MariaDB is not installed");

    public TestCertificates Certificates => certificates ?? throw new InvalidOperationException("MariaDB is not installed");

    /// <summary>How to reach a server, as its superuser unless another is named.</summary>
    public static MySqlEndpoint Endpoint(MariaDbServer server, string user = MariaDbServer.Superuser, string password = MariaDbServer.Password) =>
        new() { Host = PrivateServer.Host, Port = server.Port, Credentials = new WireCredentials(user, Encoding.UTF8.GetBytes(password)) };

    public Task<MySqlConnection> ConnectAsync() => MySqlConnection.ConnectAsync(Endpoint(Server), CancellationToken.None);

    /// <summary>A name that no other test uses.</summary>
    public string NewName() => $"name{Interlocked.Increment(ref names).ToString(CultureInfo.InvariantCulture)}";

    public async Task InitializeAsync()
    {
        if (!ServerNeeds.Has(NeededServer.MariaDb))
            return;
        certificates = TestCertificates.Create(home);
        server = await MariaDbServer.StartAsync(new MariaDbServerOptions { Certificates = certificates });
    }

    public async Task DisposeAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
        certificates?.Dispose();
        Directory.Delete(home, recursive: true);
    }
}

[CollectionDefinition(Name)]
public sealed class SharedMariaDbCollection : ICollectionFixture<SharedMariaDb>
{
    public const string Name = "mariadb";
}
