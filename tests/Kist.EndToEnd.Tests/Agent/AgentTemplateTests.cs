
namespace Kist.EndToEnd.Tests.Agent;

/// <summary>Agents that bring a real server's secrets to files and programs, and follow their changes.</summary>
public sealed class AgentTemplateTests(AgentWorld world) : IClassFixture<AgentWorld>
{
    [Fact]
    public async Task File_follows_the_secret_through_restarts_of_the_server_and_the_token_ends_with_the_agent()
    {
        var (role, secret) = await world.RoleAsync("files", "10s", "10m");
        var first = await WriteAsync("files/db");
        var (sink, file, seen) = (world.Free(), world.Free(), world.Free());
        await using var agent = world.Begin($$$"""
            {{{Login(role, secret, sink)}}}
            template {
              contents    = "{{ with secret \"secret/files/db\" }}{{ .Data.data.password }}{{ end }}"
              destination = "{{{file}}}"
              perms       = "0600"
              exec { command = "echo changed >> {{{seen}}}" }
            }
            """);
        var token = await world.TokenAsync(agent, sink);
        await AgentWorld.UntilAsync(agent, () => Read(file) == first);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        var second = await WriteAsync("files/db");
        await AgentWorld.UntilAsync(agent, () => Read(file) == second && Read(seen) == "changed\nchanged\n");

        await world.Server.RestartAsync();
        var third = await WriteAsync("files/db");
        await AgentWorld.UntilAsync(agent, () => Read(file) == third);

        Assert.Equal(0, await AgentWorld.EndAsync(agent));
        Assert.Null(await world.DisplayNameAsync(token));
        Assert.Equal(third, Read(file));
        foreach (var value in (string[])[first, second, third, token])
            Assert.DoesNotContain(value, agent.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Revoked_token_is_replaced_and_the_file_follows_still()
    {
        var (role, secret) = await world.RoleAsync("follows", "1h", "2h");
        var first = await WriteAsync("follows/db");
        var (sink, file) = (world.Free(), world.Free());
        await using var agent = world.Begin(Login(role, secret, sink) + Template("follows/db", file));
        await AgentWorld.UntilAsync(agent, () => Read(file) == first);
        var token = await world.TokenAsync(agent, sink);
        (await world.Api.WriteAsync("auth/token/revoke", new { token })).Good();
        await world.TokenAsync(agent, sink, token);
        var second = await WriteAsync("follows/db");
        await AgentWorld.UntilAsync(agent, () => Read(file) == second);
        Assert.Equal(0, await AgentWorld.EndAsync(agent));
    }

    [Fact]
    public async Task Agent_that_ends_after_its_login_has_written_all_files()
    {
        var (role, secret) = await world.RoleAsync("once", "1h", "1h");
        var value = await WriteAsync("once/db");
        var (sink, file) = (world.Free(), world.Free());
        await using var agent = world.Begin(Login(role, secret, sink) + Template("once/db", file), "-exit-after-auth");
        Assert.True(await agent.EndsWithinAsync(TimeSpan.FromSeconds(30), default), agent.Output);
        Assert.True(agent.ExitCode == 0, agent.Output);
        Assert.Equal(value, Read(file));
        var token = await File.ReadAllTextAsync(sink);
        Assert.Equal("approle", await world.DisplayNameAsync(token));
        (await world.Api.WriteAsync("auth/token/revoke", new { token })).Good();
    }

    [Fact]
    public async Task Faulty_template_ends_the_agent_before_it_logs_in()
    {
        var (role, secret) = await world.RoleAsync("faulty", "1h", "1h");
        var (sink, source) = (world.Free(), world.File("ok\n{{ nosuch }}", ".ctmpl"));
        await using var agent = world.Begin($$"""
            {{Login(role, secret, sink)}}
            template {
              source      = "{{source}}"
              destination = "{{world.Free()}}"
            }
            """);
        Assert.True(await agent.EndsWithinAsync(TimeSpan.FromSeconds(30), default), agent.Output);
        Assert.Equal(1, agent.ExitCode);
        Assert.Contains($"{source}: line 2, column 4", agent.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(sink));
    }

    [Fact]
    public async Task Program_has_the_values_is_started_anew_with_the_next_and_ends_the_agent_with_its_code()
    {
        var (role, secret) = await world.RoleAsync("program", "1h", "1h");
        var first = await WriteAsync("program/db");
        var (sink, seen) = (world.Free(), world.Free());
        var script = world.File($"trap 'echo stopped >> {seen}; exit 9' TERM\nprintenv DB_PASSWORD >> {seen}\nwhile :; do sleep 0.05; done\n");
        await using var agent = world.Begin($$$"""
            {{{Login(role, secret, sink)}}}
            env_template "DB_PASSWORD" {
              contents = "{{ with secret \"secret/program/db\" }}{{ .Data.data.password }}{{ end }}"
            }
            exec { command = ["sh", "{{{script}}}"] }
            """);
        await AgentWorld.UntilAsync(agent, () => Read(seen) == $"{first}\n");
        var token = await world.TokenAsync(agent, sink);
        // Only root may look at it at all.
        if (Environment.UserName == "root")
            Assert.DoesNotContain(first, await File.ReadAllTextAsync($"/proc/{agent.Id}/environ"), StringComparison.Ordinal);
        var second = await WriteAsync("program/db");
        await AgentWorld.UntilAsync(agent, () => Read(seen) == $"{first}\nstopped\n{second}\n");
        // The signal is the program's, and its code the agent's.
        Assert.Equal(9, await AgentWorld.EndAsync(agent));
        Assert.Equal($"{first}\nstopped\n{second}\nstopped\n", Read(seen));
        Assert.Null(await world.DisplayNameAsync(token));
        Assert.DoesNotContain(second, agent.Output, StringComparison.Ordinal);
        File.Delete(seen);
    }

    private static string Login(string role, string secret, string sink) => $$"""
        auto_auth {
          method "approle" { config = { role_id_file_path = "{{role}}" secret_id_file_path = "{{secret}}" } }
          sink "file" { config = { path = "{{sink}}" } }
        }

        """;

    private static string Template(string path, string file) => $$$"""
        template {
          contents    = "{{ with secret \"secret/{{{path}}}\" }}{{ .Data.data.password }}{{ end }}"
          destination = "{{{file}}}"
        }
        """;

    private static string Read(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private async Task<string> WriteAsync(string path)
    {
        var password = world.NewSecret("password");
        (await world.Api.WriteAsync($"secret/data/{path}", new { data = new { password } })).Good();
        return password;
    }
}
