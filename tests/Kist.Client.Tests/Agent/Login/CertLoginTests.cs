using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Login;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Agent.Login;

/// <summary>Which certificate a login's token is renewed with, and what happens when nobody answers for it.</summary>
public sealed class CertLoginTests : IDisposable
{
    private const string Login = "PUT auth/cert/login";
    private const string Renew = "PUT auth/token/renew-self";

    private readonly AgentWorld world = new();
    private readonly CancellationTokenSource stop = new();
    private readonly List<(TlsSettings Tls, FakeServer Server)> connections = [];

    public void Dispose()
    {
        stop.Dispose();
        world.Dispose();
    }

    [Fact]
    public async Task Token_is_renewed_with_the_certificate_of_its_login_whatever_the_files_hold_by_then()
    {
        var running = Keeper(static _ => new FakeServer().On(Login, 200, AgentWorld.Answer("t-1", 60)).On(Renew, 200, AgentWorld.Answer("t-1", 60)))
            .RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => connections.Count == 1 && connections[0].Server.Requests.Count == 3);
        Assert.Equal([Login, Renew, Renew], connections[0].Server.Requests.Select(static r => r.Line));
        Assert.Equal(("/c.pem", true), (connections[0].Tls.ClientCertificate, connections[0].Tls.IsClientCertificateFixed));
        Assert.Empty(world.Server.Requests);
        await EndAsync(running);
    }

    [Fact]
    public async Task Token_is_renewed_with_the_certificate_of_the_last_login()
    {
        var keeper = Keeper(static nth => new FakeServer().On(Login, 200, AgentWorld.Answer($"t-{nth}", 60))
            .On(Renew, nth == 1 ? 400 : 200, nth == 1 ? """{"errors":["no more"]}""" : AgentWorld.Answer("t-2", 60)));
        var running = keeper.RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => connections.Count == 2 && connections[1].Server.Requests.Count == 2);
        Assert.Equal(("t-2", Renew), (connections[1].Server.Last.Header("X-Vault-Token"), connections[1].Server.Last.Line));
        await EndAsync(running);
    }

    [Fact]
    public async Task Agent_logs_in_again_when_the_token_is_about_to_end_and_nobody_has_answered_for_it()
    {
        var keeper = Keeper(static nth => new FakeServer().On(Login, 200, AgentWorld.Answer($"t-{nth}", 60)).On(Renew, 503, "{}"));
        var running = keeper.RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => world.Token.Current?.Reveal() == "t-1");
        var from = world.Clock.GetUtcNow();
        await world.UntilAsync(() => world.Token.Current?.Reveal() == "t-2");
        // While the first is good still: there is no time without a token.
        Assert.InRange((world.Clock.GetUtcNow() - from).TotalSeconds, 50, 60);
        Assert.Contains(world.Log, static l => l.Contains("about to end and nobody has answered", StringComparison.Ordinal));
        await EndAsync(running);
    }

    private TokenKeeper Keeper(Func<int, FakeServer> server)
    {
        var config = AgentWorld.Config(new CertLoginConfig("web") { ClientCert = "/c.pem", ClientKey = "/k.pem" });
        var method = LoginMethods.Create(config, world.Note, settings =>
        {
            var made = server(connections.Count + 1);
            connections.Add((settings.Tls, made));
            return new KistClient(settings, world.Clock, made);
        });
        return new TokenKeeper(config, method, world.Client, world.Token, world.Status, world.Note, world.Clock);
    }

    private async Task EndAsync(Task running)
    {
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
