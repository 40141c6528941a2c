using Kist.Harness;

namespace Kist.Bench;

/// <summary>A server to measure, with what an application has of it: a token with an end, whose policy allows its secrets and no more.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    // As policies are: exact paths, globs, a wildcard segment, and rules that do not fit the request at hand.
    private const string Policy = """
        path "secret/data/bench/*" { capabilities = ["create", "read", "update", "patch"] }
        path "secret/data/written/+" { capabilities = ["create", "read", "update"] }
        path "secret/data/teams/+/shared/*" { capabilities = ["read"] }
        path "secret/data/teams/payments/root" { capabilities = ["deny"] }
        path "secret/metadata/*" { capabilities = ["list"] }
        path "sys/mounts" { capabilities = ["read"] }
        """;

    private BenchServer(KistServer server, string token) => (Server, Token) = (server, token);

    /// <summary>The server.</summary>
    public KistServer Server { get; }

    /// <summary>The application's token.</summary>
    public string Token { get; }

    /// <summary>Starts the published program with 1,000 secrets, with a file audit device or without.</summary>
    public static async Task<BenchServer> StartAsync(bool audited)
    {
        var server = await KistServer.StartAsync(new ServerOptions { StaticSeal = true, LogLevel = "info", Program = BuiltProgram.Published });
        await server.InitializeAsync();
        if (audited)
        {
            var file = Path.Combine(server.AuditDirectory, "audit.log");
            (await server.Api.WriteAsync("sys/audit/file", new { type = "file", options = new { file_path = file } })).Good();
        }
        (await server.Api.WriteAsync("sys/mounts/secret", new { type = "kv", options = new { version = "2" } })).Good();
        (await server.Api.WriteAsync("sys/policies/acl/bench", new { policy = Policy })).Good();
        var token = (await server.Api.WriteAsync("auth/token/create", new { policies = "bench", ttl = "12h" })).Good().ClientToken;
        await Dataset.WriteAsync(server.Api, "bench", 1000);
        await RequirePolicyAsync(server.Api, token);
        return new BenchServer(server, token);
    }

    /// <summary>Drives it as the application.</summary>
    public Wrk AsApplication() => new(("BENCH_TOKEN", Token));

    /// <summary>Drives it with the root token, for which no policy is asked.</summary>
    public Wrk AsRoot() => new(("BENCH_TOKEN", Server.Api.Token!));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Server.DisposeAsync();

    // A load that no policy could refuse would not measure one.
    private static async Task RequirePolicyAsync(ApiClient api, string token)
    {
        (await api.ReadAsync("secret/data/bench/1", token)).Good();
        if ((await api.ReadAsync("secret/data/other/1", token)).Status != System.Net.HttpStatusCode.Forbidden)
            throw new InvalidOperationException("the token of the loads may read what its policy does not name");
    }
}
