using System.Text.Json;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Agent;

/// <summary>Agents that log in to a real server, keep their token, and give it back.</summary>
public sealed class AgentLoginTests(AgentWorld world) : IClassFixture<AgentWorld>
{
    [Fact]
    public async Task Agent_keeps_its_token_over_a_restart_of_the_server_and_revokes_it_at_the_end()
    {
        var (role, secret) = await world.RoleAsync("keeps", "4s", "10m");
        var (sink, pid) = (world.Free(), world.Free());
        await using var agent = world.Begin($$"""
            pid_file = "{{pid}}"
            auto_auth {
              method "approle" { config = { role_id_file_path = "{{role}}" secret_id_file_path = "{{secret}}" } }
              sink "file" { config = { path = "{{sink}}" mode = "0600" } }
            }
            """);
        var token = await world.TokenAsync(agent, sink);
        Assert.Equal($"{agent.Id}\n", await File.ReadAllTextAsync(pid));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(sink));
        Assert.False(File.Exists(secret));
        Assert.Equal("approle", await world.DisplayNameAsync(token));

        // A hang-up asks for certificates to be read again, and ends nothing.
        agent.Signal(Signals.Hup);
        await AgentWorld.UntilAsync(agent, () => agent.Output.Contains("reloaded certificates", StringComparison.Ordinal));
        await world.Server.RestartAsync();
        // Longer than the token lasts unless it is renewed.
        var renewals = Renewals(agent);
        await AgentWorld.UntilAsync(agent, () => Renewals(agent) >= renewals + 3);
        Assert.Equal("approle", await world.DisplayNameAsync(token));
        Assert.Equal(token, await File.ReadAllTextAsync(sink));

        Assert.Equal(0, await AgentWorld.EndAsync(agent));
        Assert.Null(await world.DisplayNameAsync(token));
        Assert.False(File.Exists(pid));
        Assert.DoesNotContain(token, agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_logs_in_again_with_the_token_that_its_file_holds_then()
    {
        var (file, sink) = (world.File(world.Jwt("first")), world.Free());
        await using var agent = world.Begin($$"""
            auto_auth {
              method "kubernetes" { mount_path = "auth/jwt" config = { role = "web" token_path = "{{file}}" } }
              sink "file" { config = { path = "{{sink}}" } }
            }
            """);
        var first = await world.TokenAsync(agent, sink);
        Assert.Equal("jwt-first", await world.DisplayNameAsync(first));
        // As the kubelet does it: another file takes the place of the last.
        File.Move(world.File(world.Jwt("second")), file, overwrite: true);
        var second = await world.TokenAsync(agent, sink, first);
        Assert.Equal("jwt-second", await world.DisplayNameAsync(second));
        Assert.Equal(0, await AgentWorld.EndAsync(agent));
        Assert.Null(await world.DisplayNameAsync(second));
    }

    [Fact]
    public async Task Revoked_token_is_replaced_when_its_renewal_is_refused()
    {
        var (role, secret) = await world.RoleAsync("revoked", "4s", "10m");
        var sink = world.Free();
        await using var agent = world.Begin($$"""
            auto_auth {
              method "approle" { config = { role_id_file_path = "{{role}}" secret_id_file_path = "{{secret}}" } }
              sink "file" { config = { path = "{{sink}}" } }
            }
            """);
        var first = await world.TokenAsync(agent, sink);
        (await world.Api.WriteAsync("auth/token/revoke", new { token = first })).Good();
        var second = await world.TokenAsync(agent, sink, first);
        Assert.Equal("approle", await world.DisplayNameAsync(second));
        Assert.Contains("the server no longer takes the token", agent.Output, StringComparison.Ordinal);
        Assert.Equal(0, await AgentWorld.EndAsync(agent));
    }

    [Fact]
    public async Task Agent_that_ends_after_its_login_leaves_a_good_token_and_a_wrapped_one()
    {
        var password = world.NewSecret("password");
        (await world.Api.WriteAsync("auth/userpass/users/ada", new { password, token_policies = "app" })).Good();
        var (sink, wrapped) = (world.Free(), world.Free());
        await using var agent = world.Begin(
            $$"""
            auto_auth {
              method "userpass" { config = { username = "ada" password_file_path = "{{world.File(password)}}" } }
              sink "file" { config = { path = "{{sink}}" } }
              sink "file" { wrap_ttl = "5m" config = { path = "{{wrapped}}" } }
            }
            """,
            "-exit-after-auth");
        Assert.True(await agent.EndsWithinAsync(TimeSpan.FromSeconds(30), default), agent.Output);
        Assert.True(agent.ExitCode == 0, agent.Output);
        var token = await File.ReadAllTextAsync(sink);
        Assert.Equal("userpass-ada", await world.DisplayNameAsync(token));
        var wrapping = JsonElement.Parse(await File.ReadAllBytesAsync(wrapped)).GetProperty("token").GetString();
        var opened = (await world.Api.WriteAsync("sys/wrapping/unwrap", new { }, wrapping)).Good();
        Assert.Equal(token, opened.Data.GetProperty("token").GetString());
        (await world.Api.WriteAsync("auth/token/revoke", new { token })).Good();
    }

    [Fact]
    public async Task Wrapped_secret_id_is_opened_once_and_only_when_it_was_made_for_the_role()
    {
        var (role, _) = await world.RoleAsync("wrapped", "1h", "1h");
        var made = (await world.Api.SendAsync(HttpMethod.Post, "auth/approle/role/wrapped/secret-id", new { }, wrapTtl: "5m")).Good();
        var wrapping = made.Json.GetProperty("wrap_info").GetProperty("token").GetString()!;
        var sink = world.Free();
        string Configuration(string path, string file) => $$"""
            auto_auth {
              method "approle" {
                exit_on_err = true
                config = {
                  role_id_file_path = "{{role}}"
                  secret_id_file_path = "{{file}}"
                  secret_id_response_wrapping_path = "{{path}}"
                }
              }
              sink "file" { config = { path = "{{sink}}" } }
            }
            """;
        await using (var fooled = world.Begin(Configuration("auth/approle/role/other/secret-id", world.File(wrapping))))
        {
            Assert.True(await fooled.EndsWithinAsync(TimeSpan.FromSeconds(30), default), fooled.Output);
            Assert.Equal(2, fooled.ExitCode);
            Assert.Contains("was made at \"auth/approle/role/wrapped/secret-id\"", fooled.Output, StringComparison.Ordinal);
        }
        await using var agent = world.Begin(Configuration("auth/approle/role/wrapped/secret-id", world.File(wrapping)));
        Assert.Equal("approle", await world.DisplayNameAsync(await world.TokenAsync(agent, sink)));
        Assert.Equal(0, await AgentWorld.EndAsync(agent));
    }

    [Fact]
    public async Task Check_says_what_would_be_done_and_does_nothing()
    {
        var sink = world.Free();
        await using var agent = world.Begin(
            $$"""
            auto_auth {
              method "cert" { config = { name = "web" } }
              sink "file" { config = { path = "{{sink}}" } }
            }
            template { contents = "x" destination = "/nowhere/x" }
            """,
            "-check");
        Assert.True(await agent.EndsWithinAsync(TimeSpan.FromSeconds(30), default), agent.Output);
        Assert.True(agent.ExitCode == 0, agent.Output);
        Assert.Contains("logs in by cert at auth/cert\n", agent.Output, StringComparison.Ordinal);
        Assert.Contains($"writes the token to {sink}\n", agent.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(sink));
    }

    [Fact]
    public async Task Faulty_template_ends_the_check_with_its_place()
    {
        await using var agent = world.Begin(
            """
            auto_auth {
              method "cert" { }
              sink "file" { config = { path = "/nowhere/sink" } }
            }
            template { contents = "{{ nosuch 1 }}" destination = "/nowhere/x" }
            """,
            "-check");
        Assert.True(await agent.EndsWithinAsync(TimeSpan.FromSeconds(30), default), agent.Output);
        Assert.Equal(1, agent.ExitCode);
        Assert.Contains("template for /nowhere/x: line 1, column 4", agent.Output, StringComparison.Ordinal);
    }

    private static int Renewals(KistProcess agent) => agent.Output.Split('\n').Count(static l => l.Contains("the token lasts 4s from now", StringComparison.Ordinal));
}
