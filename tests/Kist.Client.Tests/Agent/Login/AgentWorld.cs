using Kist.Client.Agent;
using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Login;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;
using Kist.Core.Tests;

namespace Kist.Client.Tests.Agent.Login;

/// <summary>What an agent's login needs, around a fake server and a clock that goes when told to.</summary>
internal sealed class AgentWorld : IDisposable
{
    public AgentWorld()
    {
        Status = new AgentStatus(Clock);
        Client = Connect(new ClientSettings { Address = ServerAddress.Parse("http://127.0.0.1:8200"), Retry = new RetryPolicy { MaxRetries = 0 } });
    }

    public FakeServer Server { get; } = new();

    public ManualClock Clock { get; } = new();

    public TemporaryFolder Folder { get; } = new();

    public AgentToken Token { get; } = new();

    public AgentStatus Status { get; }

    public KistClient Client { get; }

    public List<string> Log { get; } = [];

    public void Note(AgentLogLevel level, string message) => Log.Add($"{level}: {message}");

    public KistClient Connect(ClientSettings settings) => new(settings, Clock, Server);

    public ILoginMethod Method(LoginMethodConfig method) => LoginMethods.Create(Config(method), Note, Connect);

    public TokenKeeper Keeper(AutoAuthConfig config) =>
        new(config, LoginMethods.Create(config, Note, Connect), Client, Token, Status, Note, Clock);

    public static AutoAuthConfig Config(LoginMethodConfig method) => new(method) { MountPath = $"auth/{method.Type}" };

    public static string Answer(string token, int seconds, bool renewable = true) =>
        $$$"""{"auth":{"client_token":"{{{token}}}","lease_duration":{{{seconds}}},"renewable":{{{(renewable ? "true" : "false")}}} } }""";

    /// <summary>Lets the clock go until something is so.</summary>
    public async Task UntilAsync(Func<bool> isSo, TimeSpan? step = null)
    {
        for (var i = 0; i < 2000 && !isSo(); i++)
        {
            await Task.Delay(5);
            if (!isSo())
                Clock.Advance(step ?? TimeSpan.FromMilliseconds(500));
        }
        Assert.True(isSo(), string.Join('\n', Log));
    }

    /// <summary>How often something was asked for; requests may come meanwhile, which a list must not be read over.</summary>
    public int Count(string request) => Server.Requests.GetRange(0, Server.Requests.Count).Count(r => r.Line == request);

    public void Dispose()
    {
        Client.Dispose();
        Folder.Dispose();
    }
}
