using System.Net;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>What becomes of a login that an auth method has found good, on two nodes of one store.</summary>
public sealed class LoginTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private static readonly SecretText Nobody = new("");

    private TestNode node = null!;
    private TestNode other = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new KnockMethod());
        other = await TestNode.JoinAsync(store, node, new KnockMethod());
        var mounted = (await node.WriteAsync("sys/auth/team/knock", """{"type":"knock"}""").Ok()).Index;
        Assert.True(await other.Node.ReachedAsync(mounted, TimeSpan.FromMinutes(1), default));
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await other.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(node.Faults);
        Assert.Empty(other.Faults);
    }

    [Fact]
    public async Task A_login_issues_a_token_as_the_role_says()
    {
        await RoleAsync(
            "bob",
            """{"token_policies":"Dev, ops","more":["extra"],"token_ttl":"1h","token_max_ttl":"2h","token_num_uses":5,"token_bound_cidrs":"127.0.0.0/8"}""");
        var auth = await LoginAsync("bob");
        Assert.Equal(["default", "dev", "extra", "ops"], auth.Policies);
        Assert.Equal((TimeSpan.FromHours(1), true, true, 5), (auth.Ttl, auth.Renewable, auth.Orphan, auth.NumUses));
        Assert.Equal("bob", auth.Metadata["name"]);
        var shown = (await other.ReadAsync("auth/token/lookup-self", auth.ClientToken).Ok()).Json();
        Assert.Equal("team-knock-bob", shown.Text("display_name"));
        Assert.Equal("auth/team/knock/login/bob", shown.Text("path"));
    }

    [Fact]
    public async Task Nobody_logs_in_from_elsewhere_than_the_role_allows()
    {
        await RoleAsync("bob", """{"token_bound_cidrs":["10.0.0.0/8"]}""");
        await node.WriteAsync("auth/team/knock/login/bob").Fails(FailureKind.Denied);
        var allowed = await node.AskAsync(Operation.Update, "auth/team/knock/login/bob", "", Nobody, client: IPAddress.Parse("10.1.2.3"));
        Assert.NotNull(allowed.Auth);
    }

    [Theory]
    [InlineData("root")]
    [InlineData("ROOT ")]
    public async Task No_method_makes_root_tokens(string policy)
    {
        await node.WriteAsync("auth/team/knock/role/bob", $$"""{"token_policies":["{{policy}}","dev"]}""").Fails(FailureKind.Invalid);
        await RoleAsync("bob", $$"""{"token_policies":"dev","more":["{{policy}}"]}""");
        await node.WriteAsync("auth/team/knock/login/bob").Fails(FailureKind.Invalid);
    }

    [Theory]
    [InlineData("", "default", TokenType.Service)]
    [InlineData("default-service", "batch", TokenType.Batch)]
    [InlineData("default-batch", "default", TokenType.Batch)]
    [InlineData("default-batch", "service", TokenType.Service)]
    [InlineData("batch", "service", TokenType.Batch)]
    [InlineData("service", "batch", TokenType.Service)]
    public async Task The_type_of_token_is_the_roles_within_what_the_mount_leaves_open(string mount, string role, TokenType type)
    {
        await RoleAsync("bob", $$"""{"token_type":"{{role}}"}""");
        if (mount.Length > 0)
            await node.WriteAsync("sys/auth/team/knock/tune", $$"""{"token_type":"{{mount}}"}""").Ok();
        Assert.Equal(type, (await LoginAsync("bob")).Type);
    }

    [Theory]
    [InlineData("""{"token_ttl":"2h","token_max_ttl":"1h"}""")]
    [InlineData("""{"token_type":"other"}""")]
    [InlineData("""{"token_type":"batch","token_num_uses":1}""")]
    [InlineData("""{"token_type":"default-batch","token_period":"1h"}""")]
    [InlineData("""{"token_bound_cidrs":["nowhere"]}""")]
    [InlineData("""{"token_num_uses":-1}""")]
    [InlineData("""{"token_policies":["response-wrapping"]}""")]
    public async Task Settings_that_no_token_can_have_are_refused(string settings) =>
        await node.WriteAsync("auth/team/knock/role/bob", settings).Fails(FailureKind.Invalid);

    [Theory]
    [InlineData("service")]
    [InlineData("batch")]
    public async Task What_a_method_vouched_for_ends_with_the_method_on_every_node(string type)
    {
        await RoleAsync("bob", $$"""{"token_type":"{{type}}","token_policies":["maker"]}""");
        await node.WriteAsync("sys/policies/acl/maker", """{"policy":"path \"auth/token/create\" { capabilities = [\"update\"] }"}""").Ok();
        var token = (await LoginAsync("bob")).ClientToken;
        var child = type == "batch" ? token : (await node.WriteAsync("auth/token/create", "", token).Ok()).Auth!.ClientToken;
        await other.ReadAsync("auth/token/lookup-self", child).Ok();
        await node.DeleteAsync("sys/auth/team/knock").Ok();
        // Another one at the same path is another one.
        var seen = (await node.WriteAsync("sys/auth/team/knock", """{"type":"knock"}""").Ok()).Index;
        foreach (var held in (SecretText[])[token, child])
        {
            await node.ReadAsync("auth/token/lookup-self", held).Fails(FailureKind.Unauthenticated);
            await other.AskAsync(Operation.Read, "auth/token/lookup-self", "", held, index: seen).Fails(FailureKind.Unauthenticated);
        }
    }

    [Fact]
    public async Task Tokens_follow_a_method_that_moves()
    {
        await RoleAsync("bob", """{"token_ttl":"1h"}""");
        var token = (await LoginAsync("bob")).ClientToken;
        await node.WriteAsync("sys/remount", """{"from":"auth/team/knock","to":"auth/elsewhere"}""").Ok();
        await node.WriteAsync("auth/token/renew-self", "", token).Ok();
    }

    [Fact]
    public async Task A_renewal_asks_the_role_as_it_is_now()
    {
        await RoleAsync("bob", """{"token_ttl":"1h","token_max_ttl":"10h","token_policies":["a"]}""");
        var token = (await LoginAsync("bob")).ClientToken;
        await RoleAsync("bob", """{"token_ttl":"2h","token_max_ttl":"10h","token_policies":["a"]}""");
        Assert.Equal(TimeSpan.FromHours(2), (await RenewAsync(token).Ok()).Auth!.Ttl);
        await RoleAsync("bob", """{"token_period":"30m","token_policies":["a"]}""");
        Assert.Equal(TimeSpan.FromMinutes(30), (await RenewAsync(token).Ok()).Auth!.Ttl);
        await RoleAsync("bob", """{"token_policies":["a","b"]}""");
        Assert.Contains("policies have changed", (await RenewAsync(token).Fails(FailureKind.Invalid)).Message);
        await node.DeleteAsync("auth/team/knock/role/bob").Ok();
        Assert.Contains("the role is gone", (await RenewAsync(token).Fails(FailureKind.Invalid)).Message);
    }

    [Fact]
    public async Task A_login_can_be_wrapped_and_its_role_cannot_be_read_by_strangers()
    {
        await RoleAsync("bob", "{}");
        var wrapped = await node.WriteAsync("auth/team/knock/login/bob", "", Nobody, TimeSpan.FromMinutes(1)).Ok();
        Assert.Null(wrapped.Auth);
        Assert.NotNull((await other.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap!.Token).Ok()).Auth);
        await node.WriteAsync("auth/team/knock/role/eve", "{}", Nobody).Fails(FailureKind.Unauthenticated);
    }

    private Task<Response> RoleAsync(string name, string settings) => node.WriteAsync($"auth/team/knock/role/{name}", settings).Ok();

    private async Task<IssuedToken> LoginAsync(string name) => (await node.WriteAsync($"auth/team/knock/login/{name}", "", Nobody).Ok()).Auth!;

    private Task<Response> RenewAsync(SecretText token) => node.WriteAsync("auth/token/renew-self", "", token);
}
