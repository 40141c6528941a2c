using System.Text;
using Kist.Core;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.AppRole;

public sealed class AppRoleLogInTests : IAsyncLifetime
{
    private AppRoleHost host = null!;

    public async Task InitializeAsync() => host = await AppRoleHost.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task A_program_logs_in_with_role_id_and_secret_id_on_any_node()
    {
        await host.RoleAsync("app", """{"token_policies":"dev","token_ttl":"1h"}""").Ok();
        var (secretId, _) = await host.SecretIdAsync("app", """{"metadata":"{\"host\":\"web-1\",\"role_name\":\"other\"}"}""");
        var auth = await host.LogInAsync(await host.RoleIdAsync("app"), secretId, host.Other);
        Assert.Equal(["default", "dev"], auth.Policies);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        Assert.Equal(("app", "web-1"), (auth.Metadata["role_name"], auth.Metadata["host"]));
        var shown = (await host.Node.ReadAsync("auth/token/lookup-self", auth.ClientToken).Ok()).Json();
        Assert.Equal("approle", shown.Text("display_name"));
    }

    [Fact]
    public async Task Whatever_is_wrong_is_refused_with_one_answer()
    {
        await host.RoleAsync("app").Ok();
        await host.RoleAsync("other").Ok();
        var roleId = await host.RoleIdAsync("app");
        var (secretId, _) = await host.SecretIdAsync("app");
        var (ofOther, _) = await host.SecretIdAsync("other");
        await host.RefusedAsync("unknown", secretId);
        await host.RefusedAsync("app", secretId);
        await host.RefusedAsync(roleId.ToUpperInvariant(), secretId);
        await host.RefusedAsync(roleId, "unknown");
        await host.RefusedAsync(roleId, "");
        await host.RefusedAsync(roleId, ofOther);
        await host.RefusedAsync(roleId, new string('s', 5000));
        await host.RefusedAsync(new string('r', 5000), secretId);
        await host.LogInAsync(roleId, secretId);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"secret_id":"a"}""")]
    [InlineData("""{"role_id":"","secret_id":"a"}""")]
    [InlineData("""{"role_id":["a"],"secret_id":"a"}""")]
    public async Task A_login_without_a_role_id_is_told_so(string body) =>
        await host.Node.WriteAsync("auth/approle/login", body, new("")).Fails(FailureKind.Invalid);

    [Fact]
    public async Task Unknown_role_ids_and_wrong_secret_ids_ask_the_store_the_same_and_change_nothing()
    {
        await host.RoleAsync("app").Ok();
        var roleId = await host.RoleIdAsync("app");
        await host.RefusedAsync(roleId, "warm");
        var before = await host.StoredPathsAsync();
        var asked = new List<(int Changes, bool IsConfirmation)>();
        host.Store.OnCommit = async (transaction, commit) =>
        {
            if (transaction.Preconditions.Any(p => Encoding.Latin1.GetString(p.Key.Span).Contains("role-id/", StringComparison.Ordinal)))
                asked.Add((transaction.Changes.Count, true));
            return await commit();
        };
        await host.RefusedAsync(roleId, "wrong");
        await host.RefusedAsync("unknown", "wrong");
        Assert.Equal([(0, true), (0, true)], asked);
        Assert.Equal(before, await host.StoredPathsAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_secret_id_is_good_for_as_many_logins_as_it_has_uses_however_many_are_tried_at_once(int uses)
    {
        await host.RoleAsync("app", $$"""{"secret_id_num_uses":{{uses}}}""").Ok();
        var roleId = await host.RoleIdAsync("app");
        var (secretId, _) = await host.SecretIdAsync("app");
        var tries = Enumerable.Range(0, 24).Select(i => Task.Run(() => host.TryAsync(roleId, secretId, i % 2 == 0 ? host.Node : host.Other)));
        var answers = await Task.WhenAll(tries);
        Assert.Equal(uses, answers.Count(a => a.Auth is not null));
        Assert.All(answers.Where(a => a.Auth is null), a => Assert.Equal("approle.refused", a.Failure!.Code));
        Assert.DoesNotContain(await host.StoredPathsAsync(), p => p.StartsWith("secret/", StringComparison.Ordinal) || p.StartsWith("accessor/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_use_whose_commit_is_in_doubt_is_used()
    {
        await host.RoleAsync("app", """{"secret_id_num_uses":2}""").Ok();
        var roleId = await host.RoleIdAsync("app");
        var (secretId, _) = await host.SecretIdAsync("app");
        host.Store.OnCommit = async (transaction, commit) =>
        {
            var outcome = await commit();
            var isUse = transaction.Changes.Any(c => Encoding.Latin1.GetString(c.Key.Span).Contains("secret/", StringComparison.Ordinal));
            return isUse ? CommitOutcome.Unknown : outcome;
        };
        var answer = await host.TryAsync(roleId, secretId);
        Assert.Equal((true, FailureKind.Unavailable), (answer.Auth is null, answer.Failure!.Kind));
        host.Store.OnCommit = static (_, commit) => commit();
        await host.LogInAsync(roleId, secretId);
        await host.RefusedAsync(roleId, secretId);
    }

    [Fact]
    public async Task A_role_that_binds_no_secret_id_lets_in_whom_its_networks_include()
    {
        await host.RoleAsync("app", """{"bind_secret_id":false,"secret_id_bound_cidrs":"10.0.0.0/8"}""").Ok();
        var roleId = await host.RoleIdAsync("app");
        await host.RefusedAsync(roleId, "");
        await host.LogInAsync(roleId, "", client: "10.1.2.3");
        await host.LogInAsync(roleId, "whatever", host.Other, "10.1.2.3");
    }

    [Fact]
    public async Task Networks_of_role_and_secret_id_and_tokens_bind_each()
    {
        await host.RoleAsync("app", """{"secret_id_bound_cidrs":"10.0.0.0/8","token_bound_cidrs":"10.1.0.0/16, 10.2.0.0/16"}""").Ok();
        var roleId = await host.RoleIdAsync("app");
        var (narrow, _) = await host.SecretIdAsync("app", """{"cidr_list":"10.1.0.0/24,10.2.0.0/24","token_bound_cidrs":["10.1.0.0/24"],"num_uses":2}""");
        await host.RefusedAsync(roleId, narrow);
        await host.RefusedAsync(roleId, narrow, client: "10.1.1.1");
        await host.RefusedAsync(roleId, narrow, client: "10.2.0.1");
        var token = (await host.LogInAsync(roleId, narrow, client: "10.1.0.1")).ClientToken;
        await host.Node.ReadAsync("auth/token/lookup-self", token).Fails(FailureKind.Unauthenticated);
        // What the role has narrowed since does not let in what it was made with.
        await host.WriteAsync("app/token-bound-cidrs", """{"token_bound_cidrs":"10.1.0.1"}""").Ok();
        await host.RefusedAsync(roleId, narrow, host.Other, "10.1.0.1");
        await host.WriteAsync("app/token-bound-cidrs", """{"token_bound_cidrs":"10.1.0.0/16"}""").Ok();
        // Refusals have taken no use.
        await host.LogInAsync(roleId, narrow, host.Other, "10.1.0.1");
        await host.RefusedAsync(roleId, narrow, client: "10.1.0.1");
    }

    [Fact]
    public async Task A_secret_id_ends_at_its_time()
    {
        await host.RoleAsync("app", """{"secret_id_ttl":"10m"}""").Ok();
        var roleId = await host.RoleIdAsync("app");
        var (secretId, _) = await host.SecretIdAsync("app");
        host.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        await host.LogInAsync(roleId, secretId, host.Other);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.RefusedAsync(roleId, secretId, host.Other);
        await host.RefusedAsync(roleId, secretId);
    }

    [Fact]
    public async Task A_token_is_renewed_as_its_role_is_now()
    {
        await host.RoleAsync("app", """{"token_policies":"dev","token_ttl":"1h","secret_id_num_uses":1}""").Ok();
        var (secretId, _) = await host.SecretIdAsync("app");
        var token = (await host.LogInAsync(await host.RoleIdAsync("app"), secretId)).ClientToken;
        await host.WriteAsync("app/token-ttl", """{"token_ttl":"30m"}""").Ok();
        Assert.Equal(TimeSpan.FromMinutes(30), (await host.RenewThereAsync(token).Ok()).Auth!.Ttl);
        await host.WriteAsync("app/policies", """{"token_policies":"ops"}""").Ok();
        Assert.Contains("policies have changed", (await RenewalFailsAsync()).Message, StringComparison.Ordinal);
        await host.Node.DeleteAsync("auth/approle/role/app").Ok();
        Assert.Contains("is gone", (await RenewalFailsAsync()).Message, StringComparison.Ordinal);
        await host.RoleAsync("app", """{"token_policies":"dev","token_ttl":"1h"}""").Ok();
        Assert.Contains("is gone", (await RenewalFailsAsync()).Message, StringComparison.Ordinal);

        Task<Failure> RenewalFailsAsync() => host.RenewThereAsync(token).Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_login_and_a_new_secret_id_can_be_wrapped()
    {
        await host.RoleAsync("app").Ok();
        var wrapped = await host.Node.WriteAsync("auth/approle/role/app/secret-id", "", wrap: TimeSpan.FromMinutes(1)).Ok();
        Assert.True(wrapped.Data.IsEmpty);
        var made = (await host.Other.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap!.Token).Ok()).Json();
        await host.LogInAsync(await host.RoleIdAsync("app"), made.Text("secret_id"));
    }

    [Fact]
    public async Task A_stolen_store_names_neither_role_ids_nor_secret_ids()
    {
        await host.RoleAsync("app", """{"secret_id_ttl":"10m"}""").Ok();
        await host.WriteAsync("app/role-id", """{"role_id":"planted-role-id"}""").Ok();
        await host.WriteAsync("app/custom-secret-id", """{"secret_id":"planted-secret-id"}""").Ok();
        var storage = await host.StorageAsync();
        var paths = await host.StoredPathsAsync();
        Assert.DoesNotContain(paths, p => p.Contains("planted", StringComparison.Ordinal));
        // Not even behind the barrier is there a secret id.
        foreach (var path in paths)
            Assert.DoesNotContain("planted-secret-id", Encoding.UTF8.GetString((await storage.ReadAsync(path, default))!.Value.Value.Span), StringComparison.Ordinal);
    }
}
