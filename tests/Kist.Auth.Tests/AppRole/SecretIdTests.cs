using Kist.Auth.AppRole;
using Kist.Core;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.AppRole;

public sealed class SecretIdTests : IAsyncLifetime
{
    private AppRoleHost host = null!;
    private string roleId = "";

    public async Task InitializeAsync()
    {
        host = await AppRoleHost.StartAsync();
        await host.RoleAsync("app").Ok();
        roleId = await host.RoleIdAsync("app");
    }

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task A_secret_id_is_made_as_role_and_request_say()
    {
        await host.RoleAsync("app", """{"secret_id_ttl":"10m","secret_id_num_uses":40}""").Ok();
        var made = (await host.WriteAsync("app/secret-id").Ok()).Json();
        Assert.Equal((600, 40), (made.GetProperty("secret_id_ttl").GetInt32(), made.GetProperty("secret_id_num_uses").GetInt32()));
        Assert.True(Guid.TryParseExact(made.Text("secret_id"), "D", out _));
        made = (await host.WriteAsync("app/secret-id", """{"ttl":"1m","num_uses":"3"}""").Ok()).Json();
        Assert.Equal((60, 3), (made.GetProperty("secret_id_ttl").GetInt32(), made.GetProperty("secret_id_num_uses").GetInt32()));
    }

    [Theory]
    [InlineData("""{"num_uses":41}""", "num_uses")]
    [InlineData("""{"num_uses":0}""", "num_uses")]
    [InlineData("""{"num_uses":-1}""", "num_uses")]
    [InlineData("""{"ttl":"11m"}""", "ttl")]
    [InlineData("""{"ttl":0}""", "ttl")]
    [InlineData("""{"ttl":"-1m"}""", "ttl")]
    [InlineData("""{"cidr_list":"11.0.0.0/8"}""", "cidr_list")]
    [InlineData("""{"cidr_list":"10.0.0.0/7"}""", "cidr_list")]
    [InlineData("""{"cidr_list":"10.0.0.1,::1"}""", "cidr_list")]
    [InlineData("""{"cidr_list":"here"}""", "cidr_list")]
    [InlineData("""{"token_bound_cidrs":"10.2.0.0/16"}""", "token_bound_cidrs")]
    [InlineData("""{"token_bound_cidrs":"there"}""", "token_bound_cidrs")]
    [InlineData("""{"metadata":"neither"}""", "metadata")]
    [InlineData("""{"metadata":"{\"a\":"}""", "metadata")]
    [InlineData("""{"metadata":"{\"a\":\"\\ud800\"}"}""", "metadata")]
    [InlineData("""{"metadata":{"a":{}}}""", "metadata")]
    [InlineData("""{"metadata":{"a":"\ud800"}}""", "")]
    [InlineData("""{"metadata":{"":"a"}}""", "metadata")]
    [InlineData("""{"metadata":["a=b"]}""", "metadata")]
    public async Task What_a_role_does_not_allow_is_refused_with_the_reason(string fields, string reason)
    {
        await host.RoleAsync(
            "app", """{"secret_id_ttl":"10m","secret_id_num_uses":40,"secret_id_bound_cidrs":"10.0.0.0/8","token_bound_cidrs":"10.1.0.0/16"}""").Ok();
        foreach (var path in new[] { "secret-id", "custom-secret-id" })
        {
            var failure = await host.WriteAsync($"app/{path}", $$"""{"secret_id":"custom",{{fields[1..]}}""").Fails(FailureKind.Invalid);
            Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        }
        await host.Node.ListAsync("auth/approle/role/app/secret-id").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Metadata_is_bounded()
    {
        var large = new string('m', 8192);
        await host.WriteAsync("app/secret-id", $$$"""{"metadata":{"k":"{{{large}}}"}}""").Fails(FailureKind.Invalid);
        var many = string.Join(',', Enumerable.Range(0, 65).Select(i => $"k{i}=v"));
        await host.WriteAsync("app/secret-id", $$"""{"metadata":"{{many}}"}""").Fails(FailureKind.Invalid);
    }

    [Theory]
    [InlineData("""{"metadata":{"a":"b","n":7,"t":true}}""", """{"a":"b","n":"7","t":"true"}""")]
    [InlineData("""{"metadata":"{\"a\":\"b\"}"}""", """{"a":"b"}""")]
    [InlineData("""{"metadata":"a=b, c=d=e"}""", """{"a":"b","c":"d=e"}""")]
    [InlineData("""{"metadata":""}""", "{}")]
    [InlineData("""{"metadata":null}""", "{}")]
    [InlineData("{}", "{}")]
    public async Task Metadata_is_taken_in_each_form_that_clients_send(string fields, string shown)
    {
        var (secretId, _) = await host.SecretIdAsync("app", fields);
        var found = (await host.WriteAsync("app/secret-id/lookup", $$"""{"secret_id":"{{secretId}}"}""").Ok()).Json();
        Assert.Equal(shown, found.GetProperty("metadata").GetRawText());
        var auth = await host.LogInAsync(roleId, secretId, host.Other);
        Assert.Equal(found.GetProperty("metadata").EnumerateObject().Count() + 1, auth.Metadata.Count);
    }

    [Fact]
    public async Task A_custom_secret_id_is_taken_once_a_role()
    {
        var made = (await host.WriteAsync("app/custom-secret-id", """{"secret_id":"chosen","ttl":"1m","num_uses":5}""").Ok()).Json();
        Assert.Equal("chosen", made.Text("secret_id"));
        await host.LogInAsync(roleId, "chosen", host.Other);
        Assert.Contains(
            "already registered", (await host.WriteAsync("app/custom-secret-id", """{"secret_id":"chosen"}""").Fails(FailureKind.Invalid)).Message, StringComparison.Ordinal);
        await host.RoleAsync("other").Ok();
        await host.WriteAsync("other/custom-secret-id", """{"secret_id":"chosen"}""").Ok();
        await host.WriteAsync("other/custom-secret-id").Fails(FailureKind.Invalid);
        await host.WriteAsync("other/custom-secret-id", $$"""{"secret_id":"{{new string('s', 4097)}}"}""").Fails(FailureKind.Invalid);
        await host.WriteAsync("none/custom-secret-id", """{"secret_id":"chosen"}""").Fails(FailureKind.Invalid);
        await host.WriteAsync("none/secret-id").Fails(FailureKind.Invalid);
        // One whose time is over makes room before it is deleted.
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.WriteAsync("app/custom-secret-id", """{"secret_id":"chosen","ttl":"2m"}""").Ok();
        await host.LogInAsync(roleId, "chosen");
        await host.TendAsync();
        await host.LogInAsync(roleId, "chosen");
        Assert.Single((await host.Node.ListAsync("auth/approle/role/app/secret-id").Ok()).Json().GetProperty("keys").EnumerateArray());
    }

    [Fact]
    public async Task A_role_that_binds_none_makes_none()
    {
        await host.RoleAsync("app", """{"bind_secret_id":false,"token_bound_cidrs":"127.0.0.1"}""").Ok();
        await host.WriteAsync("app/secret-id").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_secret_id_is_looked_up_by_itself_and_by_its_accessor()
    {
        var (secretId, accessor) = await host.SecretIdAsync(
            "app", """{"ttl":"10m","num_uses":2,"cidr_list":"127.0.0.1","token_bound_cidrs":"127.0.0.0/8"}""");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.LogInAsync(roleId, secretId, host.Other);
        await host.SyncAsync();
        var bySecretId = (await host.WriteAsync("app/secret-id/lookup", $$"""{"secret_id":"{{secretId}}"}""").Ok()).Json();
        var byAccessor = (await host.WriteAsync("app/secret-id-accessor/lookup", $$"""{"secret_id_accessor":"{{accessor}}"}""").Ok()).Json();
        Assert.Equal(bySecretId.GetRawText(), byAccessor.GetRawText());
        Assert.Equal(
            $$"""{"secret_id_accessor":"{{accessor}}","cidr_list":["127.0.0.1"],"token_bound_cidrs":["127.0.0.0/8"],"metadata":{},"secret_id_num_uses":1""" +
            ""","secret_id_ttl":600,"creation_time":"2026-01-31T12:00:00Z","expiration_time":"2026-01-31T12:10:00Z","last_updated_time":"2026-01-31T12:01:00Z"}""",
            bySecretId.GetRawText());
        var (endless, _) = await host.SecretIdAsync("app");
        var found = (await host.WriteAsync("app/secret-id/lookup", $$"""{"secret_id":"{{endless}}"}""").Ok()).Json();
        Assert.Equal("0001-01-01T00:00:00Z", found.Text("expiration_time"));
        host.Clock.Advance(TimeSpan.FromMinutes(9));
        await host.WriteAsync("app/secret-id/lookup", $$"""{"secret_id":"{{secretId}}"}""").Fails(FailureKind.NotFound);
        await host.WriteAsync("app/secret-id-accessor/lookup", $$"""{"secret_id_accessor":"{{accessor}}"}""").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task A_secret_id_is_destroyed_by_itself_or_by_its_accessor()
    {
        var (one, oneAccessor) = await host.SecretIdAsync("app", """{"ttl":"10m"}""");
        var (two, twoAccessor) = await host.SecretIdAsync("app", """{"ttl":"10m"}""");
        var listed = (await host.ListThereAsync("auth/approle/role/app/secret-id").Ok()).Json().GetProperty("keys").EnumerateArray().Select(k => k.GetString());
        Assert.Equal(new[] { oneAccessor, twoAccessor }.Order(StringComparer.Ordinal), listed);
        await host.LogInAsync(roleId, one, host.Other);
        await host.LogInAsync(roleId, two, host.Other);
        await host.WriteAsync("app/secret-id/destroy", $$"""{"secret_id":"{{one}}"}""").Ok();
        await host.WriteAsync("app/secret-id/destroy", $$"""{"secret_id":"{{one}}"}""").Ok();
        await host.RefusedAsync(roleId, one, host.Other);
        await host.WriteAsync("app/secret-id-accessor/destroy", $$"""{"secret_id_accessor":"{{twoAccessor}}"}""").Ok();
        await host.WriteAsync("app/secret-id-accessor/destroy", $$"""{"secret_id_accessor":"{{twoAccessor}}"}""").Fails(FailureKind.NotFound);
        await host.RefusedAsync(roleId, two, host.Other);
        Assert.Equal(2, (await host.StoredPathsAsync()).Count);
        await host.Node.ListAsync("auth/approle/role/app/secret-id").Fails(FailureKind.NotFound);
    }

    [Theory]
    [InlineData("secret-id/lookup", "{}", FailureKind.Invalid)]
    [InlineData("secret-id/destroy", "{}", FailureKind.Invalid)]
    [InlineData("secret-id-accessor/lookup", "{}", FailureKind.Invalid)]
    [InlineData("secret-id-accessor/destroy", "{}", FailureKind.Invalid)]
    [InlineData("secret-id/lookup", """{"secret_id":"unknown"}""", FailureKind.NotFound)]
    [InlineData("secret-id-accessor/lookup", """{"secret_id_accessor":"../../x"}""", FailureKind.NotFound)]
    [InlineData("secret-id-accessor/destroy", """{"secret_id_accessor":"../../x"}""", FailureKind.NotFound)]
    [InlineData("secret-id-accessor/lookup", """{"secret_id_accessor":"84896a0c-1347-aa90-a4f6-aca8b7558780"}""", FailureKind.NotFound)]
    public async Task What_names_no_secret_id_is_told_so(string path, string fields, FailureKind kind) => await host.WriteAsync($"app/{path}", fields).Fails(kind);

    [Fact]
    public async Task Secret_ids_end_with_their_role_and_not_with_its_name()
    {
        var secretIds = new List<string>();
        for (var i = 0; i < 65; i++)
            secretIds.Add((await host.SecretIdAsync("app", """{"ttl":"1h"}""")).Id);
        await host.Node.DeleteAsync("auth/approle/role/app").Ok();
        Assert.Empty(await host.StoredPathsAsync());
        await host.RoleAsync("app", $$"""{"role_id":"{{roleId}}"}""").Ok();
        await host.RefusedAsync(roleId, secretIds[0], host.Other);
    }

    [Fact]
    public async Task What_a_crash_leaves_of_a_deleted_role_the_leader_deletes()
    {
        for (var i = 0; i < 65; i++)
            await host.SecretIdAsync("app", """{"ttl":"1h"}""");
        var deletions = 0;
        host.Store.OnCommit = (transaction, commit) =>
        {
            var deletes = transaction.Changes.Count > 50;
            return deletes && ++deletions > 1 ? new(Kist.Core.Storage.CommitOutcome.Unknown) : commit();
        };
        await host.Node.DeleteAsync("auth/approle/role/app").Ok();
        Assert.Equal((2, 35 * 3 + 1), (deletions, (await host.StoredPathsAsync()).Count));
        host.Store.OnCommit = static (_, commit) => commit();
        await host.TendAsync();
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Fact]
    public async Task What_has_expired_goes_without_a_look_at_the_rest()
    {
        var leader = new AppRoleMountType(host.Clock);
        for (var i = 0; i < 35; i++)
            await host.SecretIdAsync("app", """{"ttl":"10m","num_uses":2}""");
        var (later, _) = await host.SecretIdAsync("app", """{"ttl":"11m"}""");
        var (endless, _) = await host.SecretIdAsync("app");
        await host.TendAsync(leader);
        Assert.Equal(2 + (35 * 3) + 3 + 2, (await host.StoredPathsAsync()).Count);
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.TendAsync(leader);
        Assert.Equal(2 + 3 + 2, (await host.StoredPathsAsync()).Count);
        await host.LogInAsync(roleId, later, host.Other);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.TendAsync(leader);
        Assert.Equal(2 + 2, (await host.StoredPathsAsync()).Count);
        await host.LogInAsync(roleId, endless, host.Other);
    }

    [Fact]
    public async Task One_that_is_used_while_it_expires_does_not_hold_up_the_others()
    {
        var (used, _) = await host.SecretIdAsync("app", """{"ttl":"10m","num_uses":9}""");
        await host.SecretIdAsync("app", """{"ttl":"10m"}""");
        var raced = false;
        host.Store.OnCommit = async (transaction, commit) =>
        {
            if (!raced && transaction.Changes.Count == 6)
            {
                raced = true;
                await host.LogInAsync(roleId, used, host.Other);
            }
            return await commit();
        };
        host.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        await host.TendAsync(new AppRoleMountType(new AheadOf(host.Clock)));
        Assert.True(raced);
        Assert.Equal(2, (await host.StoredPathsAsync()).Count);
    }

    [Fact]
    public async Task Nothing_expires_by_a_clock_that_jumped()
    {
        var leader = new AppRoleMountType(host.Clock);
        var (secretId, _) = await host.SecretIdAsync("app", """{"ttl":"10m"}""");
        await host.TendAsync(leader);
        host.Clock.JumpWall(TimeSpan.FromDays(3650));
        await host.TendAsync(leader);
        await host.RefusedAsync(roleId, secretId);
        host.Clock.JumpWall(-TimeSpan.FromDays(3650));
        await host.TendAsync(leader);
        await host.LogInAsync(roleId, secretId, host.Other);
    }

    [Fact]
    public async Task Tidying_mends_what_leads_nowhere_and_nothing_else()
    {
        await host.SecretIdAsync("app", """{"ttl":"10m"}""");
        await host.SecretIdAsync("app");
        Assert.Contains("; 0 entries", (await host.Node.WriteAsync("auth/approle/tidy/secret-id").Ok()).Warnings[0], StringComparison.Ordinal);
        var storage = await host.StorageAsync();
        var whole = await host.StoredPathsAsync();
        foreach (var path in whole.Where(p => p.StartsWith("accessor/", StringComparison.Ordinal) || p.StartsWith("due/", StringComparison.Ordinal)))
            await storage.Begin().Delete(storage, path).CommitAsync(default);
        Assert.Contains("; 2 entries", (await host.Node.WriteAsync("auth/approle/tidy/secret-id").Ok()).Warnings[0], StringComparison.Ordinal);
        Assert.Equal(whole, await host.StoredPathsAsync());
        foreach (var path in whole.Where(p => p.StartsWith("secret/", StringComparison.Ordinal)))
            await storage.Begin().Delete(storage, path).CommitAsync(default);
        await host.Node.WriteAsync("auth/approle/tidy/secret-id").Ok();
        await host.TendAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.TendAsync();
        Assert.Equal(2, (await host.StoredPathsAsync()).Count);
    }

    /// <summary>A leader whose clock is a moment ahead.</summary>
    private sealed class AheadOf(TimeProvider clock) : TimeProvider
    {
        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + TimeSpan.FromTicks(1);

        public override long GetTimestamp() => clock.GetTimestamp();
    }
}
