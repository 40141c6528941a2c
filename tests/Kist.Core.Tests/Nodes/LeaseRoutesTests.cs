using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary><c>sys/leases</c>, and the older <c>sys/renew</c> and <c>sys/revoke*</c> that clients still use.</summary>
public sealed class LeaseRoutesTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.CreateAsync(store);

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_lease_is_listed_looked_up_and_counted()
    {
        var (_, id) = await LeaseAsync();
        Assert.Equal("""["auth/"]""", (await node.ListAsync("sys/leases/lookup/")).Json().GetProperty("keys").GetRawText());
        Assert.Equal("""["create/"]""", (await node.ListAsync("sys/leases/lookup/auth/token")).Json().GetProperty("keys").GetRawText());
        await node.ListAsync("sys/leases/lookup/nothing/").Fails(FailureKind.NotFound);
        var lease = (await node.WriteAsync("sys/leases/lookup", $$"""{"lease_id":"{{id}}"}""")).Json();
        Assert.Equal(id, lease.Text("id"));
        Assert.True(lease.GetProperty("renewable").GetBoolean());
        Assert.InRange(lease.GetProperty("ttl").GetInt32(), 3500, 3600);
        Assert.Equal(TimeSpan.FromHours(1), lease.GetProperty("expire_time").GetDateTimeOffset() - lease.GetProperty("issue_time").GetDateTimeOffset());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, lease.GetProperty("last_renewal").ValueKind);
        Assert.Equal(1, (await node.ReadAsync("sys/leases/count")).Json().GetProperty("lease_count").GetInt32());
        await node.WriteAsync("sys/leases/lookup", """{"lease_id":"auth/token/create/none"}""").Fails(FailureKind.Invalid);
        await node.WriteAsync("sys/leases/lookup").Fails(FailureKind.Invalid);
        // Longer than any key of the store.
        await node.WriteAsync("sys/leases/lookup", $$"""{"lease_id":"{{new string('x', 5000)}}"}""").Fails(FailureKind.Invalid);
    }

    [Theory]
    [InlineData("sys/leases/renew", true)]
    [InlineData("sys/renew", true)]
    [InlineData("sys/leases/renew/", false)]
    [InlineData("sys/renew/", false)]
    public async Task A_lease_is_renewed_by_each_path(string path, bool inBody)
    {
        var (token, id) = await LeaseAsync();
        var renewed = await (inBody
            ? node.WriteAsync(path, $$"""{"lease_id":"{{id}}","increment":"2h"}""")
            : node.WriteAsync(path + id, """{"increment":7200}""")).Ok();
        Assert.Equal(TimeSpan.FromHours(2), renewed.Auth!.Ttl);
        Assert.Equal("", renewed.Auth.ClientToken.Reveal());
        Assert.InRange((await node.ReadAsync("auth/token/lookup-self", token)).Json().GetProperty("ttl").GetInt32(), 7100, 7200);
    }

    [Theory]
    [InlineData("sys/leases/renew")]
    [InlineData("sys/renew")]
    public async Task What_is_no_lease_is_not_renewed(string path)
    {
        Assert.Equal("lease.not_found", (await node.WriteAsync(path, """{"lease_id":"auth/token/create/none"}""").Fails(FailureKind.Invalid)).Code);
        Assert.Equal("lease.not_found", (await node.WriteAsync(path).Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task A_negative_increment_is_refused()
    {
        var (_, id) = await LeaseAsync();
        var refusal = await node.WriteAsync("sys/leases/renew", $$"""{"lease_id":"{{id}}","increment":"-1s"}""").Fails(FailureKind.Invalid);
        Assert.Equal("lease.negative_increment", refusal.Code);
    }

    [Theory]
    [InlineData("sys/leases/revoke", true)]
    [InlineData("sys/revoke", true)]
    [InlineData("sys/leases/revoke/", false)]
    [InlineData("sys/revoke/", false)]
    public async Task A_lease_is_revoked_by_each_path_and_once_more_without_error(string path, bool inBody)
    {
        var (token, id) = await LeaseAsync();
        var (other, _) = await LeaseAsync();
        for (var time = 0; time < 2; time++)
            await (inBody ? node.WriteAsync(path, $$"""{"lease_id":"{{id}}","sync":true}""") : node.WriteAsync(path + id)).Ok();
        await node.ReadAsync("auth/token/lookup-self", token).Fails(FailureKind.Unauthenticated);
        await node.ReadAsync("auth/token/lookup-self", other).Ok();
    }

    [Theory]
    [InlineData("sys/leases/revoke")]
    [InlineData("sys/revoke")]
    public async Task A_revocation_without_an_id_is_refused(string path)
    {
        var (token, _) = await LeaseAsync();
        Assert.Equal("lease.id_missing", (await node.WriteAsync(path).Fails(FailureKind.Invalid)).Code);
        await node.ReadAsync("auth/token/lookup-self", token).Ok();
    }

    [Theory]
    [InlineData("sys/leases/revoke-prefix/auth/token/create")]
    [InlineData("sys/leases/revoke-force/auth/token/create")]
    [InlineData("sys/revoke-prefix/auth/token/create")]
    [InlineData("sys/revoke-force/auth/token")]
    public async Task A_prefix_revokes_what_lies_below_it_and_spares_root(string path)
    {
        var (token, _) = await LeaseAsync();
        await node.WriteAsync("sys/leases/revoke-prefix/auth/token/crea").Ok();
        await node.ReadAsync("auth/token/lookup-self", token).Ok();
        await node.WriteAsync(path).Ok();
        await node.ReadAsync("auth/token/lookup-self", token).Fails(FailureKind.Unauthenticated);
        Assert.Equal(0, (await node.ReadAsync("sys/leases/count")).Json().GetProperty("lease_count").GetInt32());
    }

    [Fact]
    public async Task Tidying_says_what_it_did() =>
        Assert.Equal("tidied: 0 entries mended", Assert.Single((await node.WriteAsync("sys/leases/tidy").Ok()).Warnings));

    [Fact]
    public async Task What_reaches_many_leases_needs_sudo()
    {
        await node.WriteAsync(
            "sys/policies/acl/nosudo", """{"policy":"path \"sys/*\" { capabilities = [\"create\",\"read\",\"update\",\"delete\",\"list\"] }"}""").Ok();
        var (token, id) = await LeaseAsync("nosudo");
        foreach (var path in new[] { "leases/revoke-prefix/auth", "leases/revoke-force/auth", "revoke-prefix/auth", "revoke-force/auth", "leases/tidy" })
            await node.WriteAsync("sys/" + path, "", token).Fails(FailureKind.Denied);
        await node.ReadAsync("sys/leases/count", token).Fails(FailureKind.Denied);
        await node.ListAsync("sys/leases/lookup/auth/", token).Fails(FailureKind.Denied);
        await node.WriteAsync("sys/leases/lookup", $$"""{"lease_id":"{{id}}"}""", token).Ok();
    }

    private async Task<(SecretText Token, string Id)> LeaseAsync(string policy = "default")
    {
        var before = await HashesAsync();
        var token = (await node.WriteAsync("auth/token/create", $$"""{"policies":["{{policy}}"],"ttl":"1h"}""").Ok()).Auth!.ClientToken;
        return (token, "auth/token/create/" + Assert.Single((await HashesAsync()).Except(before)));
    }

    private async Task<List<string>> HashesAsync()
    {
        var listed = await node.ListAsync("sys/leases/lookup/auth/token/create/");
        return listed.Failure is null ? [.. listed.Json().GetProperty("keys").EnumerateArray().Select(k => k.GetString()!)] : [];
    }
}
