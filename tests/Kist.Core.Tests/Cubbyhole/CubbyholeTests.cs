using System.Text.Json.Nodes;
using Kist.Core.Cubbyhole;
using Kist.Core.Tests.Tokens;
using Kist.Core.Tests.Tokens.Routes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Cubbyhole;

public sealed class CubbyholeTests : IAsyncLifetime
{
    private TokenHost host = null!;
    private RouteCaller routes = null!;
    private SecretText mine = null!;

    public async Task InitializeAsync()
    {
        host = await TokenHost.StartAsync();
        routes = RouteCaller.Of(host, "cubbyhole/", new CubbyholeMountType(host.Tokens));
        mine = await host.IssueAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_is_written_is_read_listed_and_deleted()
    {
        const string data = """{"a":"b","n":{"x":[1,2,null]}}""";
        Assert.NotEqual(0, (await routes.WriteAsync(mine, "one", data)).Ok.Index);
        Assert.Null((await routes.WriteAsync(mine, "folder/two", """{"a":"c"}""")).Failure);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(data), (await routes.ReadAsync(mine, "one")).Ok.Json));
        Assert.Equal(["folder/", "one"], (await routes.ListAsync(mine, "")).Keys);
        Assert.Equal(["two"], (await routes.ListAsync(mine, "folder")).Keys);
        Assert.Equal(["two"], (await routes.ListAsync(mine, "folder/")).Keys);
        Assert.Null((await routes.DeleteAsync(mine, "one")).Failure);
        Assert.Equal(FailureKind.NotFound, (await routes.ReadAsync(mine, "one")).Failure?.Kind);
        Assert.Equal(FailureKind.NotFound, (await routes.ListAsync(mine, "nowhere")).Failure?.Kind);
    }

    [Fact]
    public async Task Nobody_else_sees_it_not_even_root_or_a_child()
    {
        Assert.Null((await routes.WriteAsync(mine, "one", """{"a":"b"}""")).Failure);
        foreach (var other in new[] { await host.RootAsync(), await host.IssueAsync(mine), await host.IssueAsync() })
        {
            Assert.Equal(FailureKind.NotFound, (await routes.ReadAsync(other, "one")).Failure?.Kind);
            Assert.Equal(FailureKind.NotFound, (await routes.ListAsync(other, "")).Failure?.Kind);
        }
    }

    [Fact]
    public async Task It_goes_with_its_token()
    {
        var child = await host.IssueAsync(mine);
        Assert.Null((await routes.WriteAsync(mine, "one", """{"a":"b"}""")).Failure);
        Assert.Null((await routes.WriteAsync(child, "one", """{"a":"b"}""")).Failure);
        await host.RevokeAsync(mine);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_write_that_a_revocation_overtakes_leaves_nothing()
    {
        var peer = await host.StartPeerAsync();
        var found = await peer.FindAsync(mine);
        host.Store.Before(async () => Assert.Null((await peer.Tokens.RevokeAsync(found, default)).Failure));
        Assert.Equal("token.invalid", (await routes.WriteAsync(mine, "one", """{"a":"b"}""")).Code);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_write_that_a_renewal_overtakes_is_written()
    {
        var peer = await host.StartPeerAsync();
        host.Store.Before(async () => Assert.True((await peer.RenewAsync(mine)).Succeeded));
        Assert.Null((await routes.WriteAsync(mine, "one", """{"a":"b"}""")).Failure);
        Assert.Equal(["one"], (await routes.ListAsync(mine, "")).Keys);
    }

    [Fact]
    public async Task Batch_tokens_have_none()
    {
        var batch = await host.IssueAsync(change: s => s with { Type = TokenType.Batch });
        Assert.Equal("cubbyhole.service_tokens_only", (await routes.ReadAsync(batch, "one")).Code);
        Assert.Equal("cubbyhole.service_tokens_only", (await routes.WriteAsync(batch, "one", """{"a":"b"}""")).Code);
        Assert.Equal("cubbyhole.service_tokens_only", (await routes.DeleteAsync(batch, "one")).Code);
        Assert.Equal("cubbyhole.service_tokens_only", (await routes.ListAsync(batch, "")).Code);
    }

    [Theory]
    [InlineData("one", "", "cubbyhole.missing_data")]
    [InlineData("one/", """{"a":"b"}""", "cubbyhole.invalid_path")]
    public async Task Faulty_writes_change_nothing(string path, string body, string code)
    {
        Assert.Equal(code, (await routes.WriteAsync(mine, path, body)).Code);
        Assert.Equal(FailureKind.NotFound, (await routes.ListAsync(mine, "")).Failure?.Kind);
    }

    [Fact]
    public async Task An_entry_has_a_largest_size()
    {
        var body = $$"""{"a":"{{new string('x', 1 << 20)}}"}""";
        Assert.Equal(FailureKind.TooLarge, (await routes.WriteAsync(mine, "one", body)).Failure?.Kind);
    }
}
