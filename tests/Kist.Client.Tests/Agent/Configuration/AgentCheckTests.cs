using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Agent.Configuration;

/// <summary><c>kist agent -check</c>, which finds what the start would refuse.</summary>
public sealed class AgentCheckTests : IDisposable
{
    private const string Login = """
        auto_auth {
          method "token_file" { config = { token_file_path = "/t" } }
          sink "file" { config = { path = "/tmp/sink" } }
        }
        """;

    private readonly Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Flag_that_ends_the_agent_is_refused_beside_exec_as_the_key_is()
    {
        const string Exec = Login + "\nexec { command = [\"./app\"] }\nenv_template \"A\" { contents = \"x\" }";
        Assert.Equal(0, (await CheckAsync(Exec)).Code);
        var refused = await CheckAsync(Exec, "-exit-after-auth");
        Assert.Equal(1, refused.Code);
        Assert.Contains("exit_after_auth contradicts exec", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("address = \"0.0.0.0:8100\"\n tls_disable = true", "plain HTTP is served on loopback addresses only")]
    [InlineData("address = \"0.0.0.0:8100\"\n tls_cert_file = \"/c\"\n tls_key_file = \"/k\"", "would lend the agent's token to the whole network")]
    [InlineData("address = \"example.org:8100\"\n tls_disable = true", "is not an IP address with port")]
    public async Task Listener_that_the_start_would_refuse_is_refused(string listener, string expected)
    {
        var result = await CheckAsync($"{Login}\nlistener \"tcp\" {{\n {listener}\n}}\napi_proxy {{ use_auto_auth_token = true }}");
        Assert.Equal(1, result.Code);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vault", "http://vault.test:1")]
    [InlineData("kist", "http://kist.test:1")]
    public async Task Variables_of_the_name_it_is_called_by_go_first(string name, string address)
    {
        cli.CalledAs(name).With("VAULT_ADDR", "http://vault.test:1").With("KIST_ADDR", "http://kist.test:1");
        Assert.Contains($"server: {address}", (await CheckAsync(Login)).Output, StringComparison.Ordinal);
    }

    private Task<CliResult> CheckAsync(string text, params string[] flags) =>
        cli.RunAsync(["agent", $"-config={cli.Home.File("agent.hcl", text)}", "-check", .. flags]);
}
