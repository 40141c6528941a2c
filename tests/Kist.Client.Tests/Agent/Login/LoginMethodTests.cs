using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Login;

namespace Kist.Client.Tests.Agent.Login;

public sealed class LoginMethodTests : IDisposable
{
    private readonly AgentWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task Kubernetes_sends_the_token_that_the_file_holds_at_each_login_and_leaves_the_file()
    {
        var file = world.Folder.File("token", "old.jwt\n");
        world.Server.On("PUT auth/kubernetes/login", 200, AgentWorld.Answer("t", 60));
        var method = world.Method(new KubernetesLoginConfig("web", file));
        await method.LoginAsync(world.Client, default);
        Assert.Equal("""{"role":"web","jwt":"old.jwt"}""", world.Server.Last.Body);
        File.WriteAllText(file, "new.jwt");
        var answer = await method.LoginAsync(world.Client, default);
        Assert.Equal("""{"role":"web","jwt":"new.jwt"}""", world.Server.Last.Body);
        Assert.Equal(("t", TimeSpan.FromSeconds(60), true), (answer.Token!.Reveal(), answer.Ttl, answer.IsRenewable));
        Assert.True(File.Exists(file));
        File.Delete(file);
        var missing = await Assert.ThrowsAsync<LoginException>(() => method.LoginAsync(world.Client, default));
        Assert.Contains(file, missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jwt_is_removed_once_read_and_used_again_from_memory()
    {
        var file = world.Folder.File("jwt", "a.b.c");
        world.Server.On("PUT auth/jwt/login", 200, AgentWorld.Answer("t", 60));
        var method = world.Method(new JwtLoginConfig("job", file));
        await method.LoginAsync(world.Client, default);
        Assert.False(File.Exists(file));
        await method.LoginAsync(world.Client, default);
        Assert.Equal("""{"role":"job","jwt":"a.b.c"}""", world.Server.Last.Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Removal_of_a_link_takes_the_link_or_what_it_leads_to_as_configured(bool follows)
    {
        var (target, link) = (world.Folder.File("real", "a.b.c"), world.Folder.At("link"));
        File.CreateSymbolicLink(link, target);
        world.Server.On("PUT auth/jwt/login", 200, AgentWorld.Answer("t", 60));
        await world.Method(new JwtLoginConfig("job", link) { RemoveFollowsLinks = follows }).LoginAsync(world.Client, default);
        Assert.Equal(follows, !File.Exists(target));
        Assert.Equal(follows, new FileInfo(link).LinkTarget is not null);
    }

    [Fact]
    public async Task AppRole_removes_the_secret_id_s_file_alone()
    {
        var (role, secret) = (world.Folder.File("role", "r-1\n"), world.Folder.File("secret", "s-1\n"));
        world.Server.On("PUT auth/approle/login", 200, AgentWorld.Answer("t", 60));
        var method = world.Method(new AppRoleLoginConfig(role, secret));
        await method.LoginAsync(world.Client, default);
        Assert.Equal("""{"role_id":"r-1","secret_id":"s-1"}""", world.Server.Last.Body);
        Assert.True(File.Exists(role));
        Assert.False(File.Exists(secret));
        File.WriteAllText(secret, "s-2");
        await method.LoginAsync(world.Client, default);
        Assert.Contains("s-2", world.Server.Last.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AppRole_opens_a_wrapped_secret_id_made_where_it_is_expected()
    {
        var (role, secret) = (world.Folder.File("role", "r-1"), world.Folder.File("secret", "wrapping-token"));
        world.Server.On("PUT sys/wrapping/lookup", 200, """{"data":{"creation_path":"auth/approle/role/web/secret-id"}}""")
            .On("PUT sys/wrapping/unwrap", 200, """{"data":{"secret_id":"s-1"}}""")
            .On("PUT auth/approle/login", 200, AgentWorld.Answer("t", 60));
        await world.Method(new AppRoleLoginConfig(role, secret) { WrappingPath = "auth/approle/role/web/secret-id" }).LoginAsync(world.Client, default);
        Assert.Equal("wrapping-token", world.Server.Requests[1].Header("X-Vault-Token"));
        Assert.Equal("""{"role_id":"r-1","secret_id":"s-1"}""", world.Server.Last.Body);
    }

    [Fact]
    public async Task AppRole_opens_no_wrapping_token_that_was_made_elsewhere_and_keeps_the_file()
    {
        var (role, secret) = (world.Folder.File("role", "r-1"), world.Folder.File("secret", "wrapping-token"));
        world.Server.On("PUT sys/wrapping/lookup", 200, """{"data":{"creation_path":"sys/wrapping/wrap"}}""");
        var method = world.Method(new AppRoleLoginConfig(role, secret) { WrappingPath = "auth/approle/role/web/secret-id" });
        var refused = await Assert.ThrowsAsync<LoginException>(() => method.LoginAsync(world.Client, default));
        Assert.Contains("made at \"sys/wrapping/wrap\"", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrapping-token", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, world.Count("PUT sys/wrapping/unwrap"));
        Assert.True(File.Exists(secret));
    }

    [Fact]
    public async Task Userpass_reads_the_password_from_its_file()
    {
        world.Server.On("PUT auth/userpass/login/ada", 200, AgentWorld.Answer("t", 60));
        await world.Method(new UserpassLoginConfig("ada", world.Folder.File("password", "p w\n"))).LoginAsync(world.Client, default);
        Assert.Equal("""{"password":"p w"}""", world.Server.Last.Body);
    }

    [Fact]
    public async Task Token_of_a_file_is_looked_up_and_not_the_agent_s_own()
    {
        world.Server.On("GET auth/token/lookup-self", 200, """{"data":{"ttl":120,"renewable":true}}""");
        var method = world.Method(new TokenFileLoginConfig(world.Folder.File("token", "t-1\n")));
        var answer = await method.LoginAsync(world.Client, default);
        Assert.Equal("t-1", world.Server.Last.Header("X-Vault-Token"));
        Assert.Equal(TimeSpan.FromMinutes(2), answer.Ttl);
        Assert.False(method.MakesToken);
    }

    [Fact]
    public async Task Certificate_is_read_again_at_each_login()
    {
        world.Server.On("PUT auth/cert/login", 200, AgentWorld.Answer("t", 60));
        var read = new List<string?>();
        var config = AgentWorld.Config(new CertLoginConfig("web") { ClientCert = "/c.pem", ClientKey = "/k.pem" });
        var method = LoginMethods.Create(config, world.Note, settings =>
        {
            read.Add(settings.Tls.ClientCertificate);
            return world.Connect(settings);
        });
        await method.LoginAsync(world.Client, default);
        Assert.Equal("""{"name":"web"}""", world.Server.Last.Body);
        Assert.Equal(["/c.pem"], read);
    }

    [Fact]
    public async Task Answer_without_a_token_says_so()
    {
        world.Server.On("PUT auth/userpass/login/ada", 200, """{"data":{}}""");
        var method = world.Method(new UserpassLoginConfig("ada", world.Folder.File("password", "p")));
        await Assert.ThrowsAsync<LoginException>(() => method.LoginAsync(world.Client, default));
    }
}
