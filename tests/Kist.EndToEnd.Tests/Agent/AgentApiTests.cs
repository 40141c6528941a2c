using Kist.Harness;

namespace Kist.EndToEnd.Tests.Agent;

/// <summary>Clients that have no token of their own, served by the agent's local API.</summary>
public sealed class AgentApiTests(AgentWorld world) : IClassFixture<AgentWorld>
{
    [Fact]
    public async Task Command_line_reads_a_secret_through_the_agents_socket_and_has_no_token()
    {
        var (role, secret) = await world.RoleAsync("socket", "1h", "1h");
        var (password, sink, socket) = (await WriteAsync("socket/db"), world.Free(), world.Free());
        await using var agent = world.Begin($$"""
            {{Login(role, secret, sink)}}
            api_proxy { use_auto_auth_token = true }
            listener "unix" {
              address       = "{{socket}}"
              allowed_paths = ["secret/data/socket/*", "sys/internal/ui/mounts/*"]
            }
            """);
        var token = await world.TokenAsync(agent, sink);
        await AgentWorld.UntilAsync(agent, () => File.Exists(socket));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        var cli = Client($"unix://{socket}");
        Assert.Equal(password, await cli.RunAsync("kv", "get", "-field=password", "secret/socket/db"));
        await cli.FailAsync(2, "token", "lookup");
        Assert.Equal(0, await AgentWorld.EndAsync(agent));
        Assert.False(File.Exists(socket));
        Assert.DoesNotContain(token, agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_that_logs_in_by_certificate_serves_TLS_lends_nobody_its_certificate_and_takes_a_renewed_one_over()
    {
        var authority = await File.ReadAllTextAsync(world.Server.AuthorityFile!);
        (await world.Api.WriteAsync("sys/auth/cert", new { type = "cert" })).Good();
        (await world.Api.WriteAsync("auth/cert/certs/agents", new { certificate = authority, token_policies = "app" })).Good();
        var (certificate, key) = world.Server.Certificates.WriteClient("agent", "agent");
        var (password, sink, address) = (await WriteAsync("tls/db"), world.Free(), KistServer.FreeAddress(tls: true));
        await using var agent = world.BeginWith($"client_cert = \"{certificate}\"\n client_key = \"{key}\"", $$"""
            auto_auth {
              method "cert" { config = { name = "agents" } }
              sink "file" { config = { path = "{{sink}}" } }
            }
            api_proxy { use_auto_auth_token = true }
            listener "tcp" {
              address       = "{{address.Authority}}"
              tls_cert_file = "{{world.Server.Certificates.CertificateFile}}"
              tls_key_file  = "{{world.Server.Certificates.KeyFile}}"
            }
            """);
        await world.TokenAsync(agent, sink);
        await AgentWorld.UntilAsync(agent, () => agent.Output.Contains("the local API listens", StringComparison.Ordinal));
        var cli = Client(address.AbsoluteUri.TrimEnd('/'), world.Server.AuthorityFile);
        Assert.Equal(password, await cli.RunAsync("kv", "get", "-field=password", "secret/tls/db"));
        Assert.Contains("certificate", await cli.FailAsync(2, "write", "auth/cert/login", "name=agents"), StringComparison.Ordinal);
        world.Server.Certificates.Renew();
        await AgentWorld.UntilAsync(agent, () => agent.Output.Contains("took a renewed certificate over", StringComparison.Ordinal));
        Assert.Equal(password, await cli.RunAsync("kv", "get", "-field=password", "secret/tls/db"));
        Assert.Equal(0, await AgentWorld.EndAsync(agent));
    }

    private Cli Client(string address, string? authority = null)
    {
        var cli = new Cli(BuiltProgram.Path, world.Free(), world.Server.Address, authority);
        cli.Environment["KIST_ADDR"] = address;
        return cli;
    }

    private static string Login(string role, string secret, string sink) => $$"""
        auto_auth {
          method "approle" { config = { role_id_file_path = "{{role}}" secret_id_file_path = "{{secret}}" } }
          sink "file" { config = { path = "{{sink}}" } }
        }
        """;

    private async Task<string> WriteAsync(string path)
    {
        var password = world.NewSecret("password");
        (await world.Api.WriteAsync($"secret/data/{path}", new { data = new { password } })).Good();
        return password;
    }
}
