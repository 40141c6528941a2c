using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>What <c>sys/internal/ui/mounts</c> tells those who have no token, and those who have one without rights.</summary>
public sealed class UiRoutesTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NotesEngine());
        await node.WriteAsync("sys/mounts/open", """{"type":"notes","description":"for all","config":{"listing_visibility":"unauth","max_lease_ttl":"2h"}}""").Ok();
        await node.WriteAsync("sys/mounts/closed", """{"type":"notes"}""").Ok();
        await node.WriteAsync("sys/auth/token/tune", """{"listing_visibility":"unauth"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("kst_s_no-such-token")]
    public async Task Strangers_see_the_mounts_that_are_for_all_and_no_more_of_them_than_a_login_page_needs(string? token)
    {
        var shown = await ShownAsync(token is null ? null : new SecretText(token));
        Assert.Equal("open/", Assert.Single(shown.GetProperty("secret").EnumerateObject()).Name);
        Assert.Equal("token/", Assert.Single(shown.GetProperty("auth").EnumerateObject()).Name);
        var open = shown.GetProperty("secret").GetProperty("open/");
        Assert.Equal(("notes", "for all", "", ""), (open.Text("type"), open.Text("description"), open.Text("accessor"), open.Text("uuid")));
        Assert.Equal(0, open.GetProperty("config").GetProperty("max_lease_ttl").GetInt32());
    }

    [Fact]
    public async Task A_token_without_rights_sees_those_mounts_whole_and_no_others()
    {
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["none"],"no_default_policy":true}""").Ok()).Auth!.ClientToken;
        var shown = await ShownAsync(token);
        var open = Assert.Single(shown.GetProperty("secret").EnumerateObject());
        Assert.Equal("open/", open.Name);
        Assert.NotEqual("", open.Value.Text("accessor"));
        Assert.Equal(7200, open.Value.GetProperty("config").GetProperty("max_lease_ttl").GetInt32());
    }

    [Fact]
    public async Task Strangers_are_told_nothing_of_a_path()
    {
        foreach (var path in new[] { "open/a", "closed/a", "absent/a" })
        {
            var request = new Request { Id = "1", Path = "sys/internal/ui/mounts/" + path, Operation = Operation.Read };
            await node.Node.Pipeline.HandleAsync(request, default).AsTask().Fails(FailureKind.Denied);
        }
    }

    private async Task<JsonElement> ShownAsync(SecretText? token)
    {
        var request = new Request { Id = "1", Path = "sys/internal/ui/mounts", Operation = Operation.Read, Token = token };
        return (await node.Node.Pipeline.HandleAsync(request, default)).Json();
    }
}
