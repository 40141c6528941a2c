using Kist.Client.Agent;
using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;
using Kist.Hosting.Agent;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>What becomes of the token of an agent that ends after its login.</summary>
public sealed class LoginPartTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Token_of_an_agent_that_has_done_all_once_stays_for_whoever_reads_its_file()
    {
        Assert.Equal((0, false), await RunAsync(new Part(() => null)));
        Assert.Equal("t-1", await File.ReadAllTextAsync(folder.At("token")));
    }

    [Fact]
    public async Task Token_of_an_agent_whose_part_failed_after_the_login_is_revoked() =>
        Assert.Equal((2, true), await RunAsync(new Part(static () => throw new AgentException("no"))));

    [Fact]
    public async Task Token_of_an_agent_that_ended_with_a_code_is_revoked() => Assert.Equal((7, true), await RunAsync(new Part(static () => 7)));

    [Fact]
    public async Task Token_of_an_agent_that_was_stopped_before_its_work_was_done_is_revoked()
    {
        using var stop = new CancellationTokenSource();
        Assert.Equal((0, true), await RunAsync(new Part(() =>
        {
            stop.Cancel();
            return null;
        }), stop));
    }

    /// <summary>Runs login and a part once; two stands for a failure.</summary>
    private async Task<(int Code, bool IsRevoked)> RunAsync(Part part, CancellationTokenSource? stop = null)
    {
        await using var server = await FakeUpstream.StartAsync();
        server.Answer = static (http, request) => request.Target == "/v1/auth/userpass/login/ada"
            ? FakeUpstream.JsonAsync(http, 200, """{"auth":{"client_token":"t-1","lease_duration":600,"renewable":true}}""")
            : FakeUpstream.JsonAsync(http, 200, "{}");
        var settings = new ClientSettings { Address = ServerAddress.Parse(server.Address) };
        using var end = new CancellationTokenSource();
        using var client = new KistClient(settings, TimeProvider.System);
        var (time, log) = (TimeProvider.System, (AgentLog)(static (_, _) => { }));
        var services = new AgentServices(new AgentConfig(), settings, client, new AgentToken(), new AgentStatus(time), log, time, end.Cancel);
        var config = new AutoAuthConfig(new UserpassLoginConfig("ada", folder.File("password", "p")))
        {
            MountPath = "auth/userpass",
            Sinks = [new FileSinkConfig(folder.At("token"))],
        };
        part.Token = services.Token;
        int code;
        await using (var login = new LoginPart(services, config))
        {
            try
            {
                code = await AgentHost.RunAsync(login, [part], once: true, end, stop?.Token ?? CancellationToken.None);
            }
            catch (AgentException)
            {
                code = 2;
            }
        }
        return (code, server.Requests.Any(r => r.Target == "/v1/auth/token/revoke-self" && r.Header("X-Vault-Token") == "t-1"));
    }

    /// <summary>Ends as the test says once there is a token.</summary>
    private sealed class Part(Func<int?> end) : IAgentPart
    {
        public AgentToken? Token { get; set; }

        public async Task<int?> RunAsync(bool once, CancellationToken stop)
        {
            await Token!.NextAsync(null, stop);
            return end();
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
