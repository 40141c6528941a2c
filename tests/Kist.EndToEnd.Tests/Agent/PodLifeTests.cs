using System.Net;
using System.Net.Sockets;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;
using Kist.Harness.Kubernetes;

namespace Kist.EndToEnd.Tests.Agent;

/// <summary>A pod's life as its agent sees it, with a real API server's tokens; the test does what the kubelet does with them.</summary>
public sealed class PodLifeTests(AgentWorld world) : IClassFixture<AgentWorld>
{
    [FactNeeding(Need.KubeApiServer)]
    public async Task Pod_has_its_secret_from_its_start_to_its_end_and_leaves_no_token()
    {
        await using var cluster = await KubeCluster.StartAsync(new KubeClusterOptions());
        await TrustAsync(cluster);
        var volume = new TokenVolume(world.Free());
        await volume.WriteAsync(await TokenAsync(cluster));
        var (sink, file, socket) = (world.Free(), world.Free(), world.Free());
        var first = await WriteAsync();

        // No polling would find a change within the test's patience.
        await using var agent = world.Begin($$$"""
            auto_auth {
              method "kubernetes" {
                min_backoff = "100ms"
                max_backoff = "1s"
                config      = { role = "web" token_path = "{{{volume.TokenFile}}}" }
              }
              sink "file" { config = { path = "{{{sink}}}" mode = "0600" } }
            }
            template {
              contents    = "{{ with secret \"secret/shop/db\" }}{{ .Data.data.password }}{{ end }}"
              destination = "{{{file}}}"
              perms       = "0400"
            }
            template_config { static_secret_render_interval = "1h" }
            listener "unix" { address = "{{{socket}}}" }
            """);
        await AgentWorld.UntilAsync(agent, () => Read(file) == first);
        var token = await world.TokenAsync(agent, sink);
        Assert.Equal("kubernetes-shop-web", await world.DisplayNameAsync(token));

        var second = await WriteAsync();
        await AgentWorld.UntilAsync(agent, () => Read(file) == second);

        // The kubelet renews the token long before it ends; that alone is no reason to log in again.
        var rotated = await TokenAsync(cluster);
        await volume.WriteAsync(rotated);
        await AgentWorld.UntilAsync(agent, () => Renewals(agent) >= 2);
        Assert.Equal(token, await File.ReadAllTextAsync(sink));

        await world.Server.Process.StopAsync();
        await UntilHealthAsync(agent, socket, HttpStatusCode.ServiceUnavailable);
        Assert.Equal(second, Read(file));
        await world.Server.StartAsync();
        var third = await WriteAsync();
        await AgentWorld.UntilAsync(agent, () => Read(file) == third);
        await UntilHealthAsync(agent, socket, HttpStatusCode.OK);

        // The role's longest time is over: the next login is with what the file holds then.
        var successor = await world.TokenAsync(agent, sink, token);
        var hash = (await world.Api.WriteAsync("sys/audit-hash/file", new { input = rotated })).Good().Data.GetProperty("hash").GetString()!;
        Assert.Contains(hash, await File.ReadAllTextAsync(Path.Combine(world.Server.AuditDirectory, "audit.log")), StringComparison.Ordinal);
        var fourth = await WriteAsync();
        await AgentWorld.UntilAsync(agent, () => Read(file) == fourth);

        Assert.Equal(0, await AgentWorld.EndAsync(agent));
        Assert.Null(await world.DisplayNameAsync(await File.ReadAllTextAsync(sink)));
        // The one before had no more than seconds left when it was replaced, and ends by itself.
        for (var tries = 0; tries < 100 && await world.DisplayNameAsync(token) is not null; tries++)
            await Task.Delay(100);
        Assert.Null(await world.DisplayNameAsync(token));
        foreach (var value in (string[])[first, second, third, fourth, token, successor, rotated])
            Assert.DoesNotContain(value, agent.Output, StringComparison.Ordinal);
    }

    private static string Read(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private static int Renewals(KistProcess agent) => agent.Output.Split('\n').Count(static l => l.Contains("the token lasts", StringComparison.Ordinal));

    private static async Task UntilHealthAsync(KistProcess agent, string socket, HttpStatusCode wanted)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        var seen = HttpStatusCode.Continue;
        await AgentWorld.UntilAsync(agent, () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost/agent/v1/health");
            using var answer = http.Send(request);
            seen = answer.StatusCode;
            return seen == wanted;
        });
        Assert.Equal(wanted, seen);
    }

    private async Task TrustAsync(KubeCluster cluster)
    {
        await cluster.ApiServer.Http.CreateNamespaceAsync("shop");
        var account = new { apiVersion = "v1", kind = "ServiceAccount", metadata = new { name = "web" } };
        (await cluster.ApiServer.Http.PostAsync("api/v1/namespaces/shop/serviceaccounts", account)).Good();
        var cli = new Cli(BuiltProgram.Path, world.Free(), world.Server.Address, world.Server.AuthorityFile);
        cli.Environment["KIST_TOKEN"] = world.Api.Token!;
        cli.Environment["KUBECONFIG"] = cluster.WriteKubeconfig(cluster.ApiServer, "kubeconfig");
        await cli.RunAsync(
            "k8s", "trust", "-review=keys", "-role=web", "-service-accounts=web", "-namespaces=shop", "-policies=app", "-audience=kist", "-apply");
        await cli.RunAsync("write", "auth/kubernetes/role/web", "token_ttl=3s", "token_max_ttl=25s");
    }

    private async Task<string> TokenAsync(KubeCluster cluster)
    {
        var request = new { apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec = new { audiences = new[] { "kist" }, expirationSeconds = 600 } };
        var answer = (await cluster.ApiServer.Http.PostAsync("api/v1/namespaces/shop/serviceaccounts/web/token", request)).Good().Json;
        return world.Plant("account's token", answer.GetProperty("status").GetProperty("token").GetString()!);
    }

    private async Task<string> WriteAsync()
    {
        var password = world.NewSecret("password");
        (await world.Api.WriteAsync("secret/data/shop/db", new { data = new { password } })).Good();
        return password;
    }

    /// <summary>A projected volume as the kubelet writes it: links to a folder that another takes the place of in one step.</summary>
    private sealed class TokenVolume(string folder)
    {
        private int version;

        public string TokenFile => Path.Combine(folder, "token");

        public async Task WriteAsync(string token)
        {
            var name = $"..{++version}";
            Directory.CreateDirectory(Path.Combine(folder, name));
            await File.WriteAllTextAsync(Path.Combine(folder, name, "token"), token);
            var (data, next) = (Path.Combine(folder, "..data"), Path.Combine(folder, "..data_tmp"));
            File.CreateSymbolicLink(next, name);
            Assert.Equal(0, (await KistProcess.RunAsync(BuiltProgram.Start("mv", ["-T", next, data]), TimeSpan.FromSeconds(10), "", default)).ExitCode);
            if (version == 1)
                File.CreateSymbolicLink(TokenFile, Path.Combine("..data", "token"));
        }
    }
}
