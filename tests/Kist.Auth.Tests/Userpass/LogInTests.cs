using System.Text;
using Kist.Auth.Userpass.Passwords;
using Kist.Core;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Userpass;

public sealed class LogInTests : IAsyncLifetime
{
    private UserpassHost host = null!;

    public async Task InitializeAsync()
    {
        host = await UserpassHost.StartAsync();
        await host.UserAsync("bob", """{"password":"pass-one","token_policies":"dev","token_ttl":"1h"}""").Ok();
    }

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Theory]
    [InlineData("bob")]
    [InlineData("Bob")]
    [InlineData("BOB")]
    public async Task A_user_logs_in_on_any_node_whatever_the_case_of_the_name(string name)
    {
        var auth = await host.LogInAsync(name, "pass-one", host.Other);
        Assert.Equal(["default", "dev"], auth.Policies);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        Assert.Equal("bob", auth.Metadata["username"]);
        var shown = (await host.Node.ReadAsync("auth/token/lookup-self", auth.ClientToken).Ok()).Json();
        Assert.Equal("userpass-bob", shown.Text("display_name"));
    }

    [Theory]
    [InlineData("bob", "wrong")]
    [InlineData("bob", "Pass-one")]
    [InlineData("nobody", "pass-one")]
    [InlineData("-bob", "pass-one")]
    [InlineData("bob.", "pass-one")]
    [InlineData("b%b", "pass-one")]
    [InlineData("böb", "pass-one")]
    public async Task Unknown_users_and_wrong_passwords_get_one_answer(string name, string password) => await host.RefusedAsync(name, password);

    [Fact]
    public async Task Long_names_and_passwords_are_refused_alike()
    {
        await host.RefusedAsync(new string('a', 3000), "pass-one");
        await host.RefusedAsync("bob", new string('a', 100_000));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"password":""}""")]
    [InlineData("""{"password":null}""")]
    [InlineData("""{"password":{"a":1}}""")]
    public async Task A_login_without_a_password_is_told_so(string body) =>
        await host.Node.WriteAsync("auth/userpass/login/bob", body, new("")).Fails(FailureKind.Invalid);

    [Fact]
    public async Task Who_comes_from_elsewhere_than_the_user_may_is_not_told_that_the_password_is_right()
    {
        await host.UserAsync("bob", """{"token_bound_cidrs":["10.0.0.0/8"]}""").Ok();
        await host.RefusedAsync("bob", "pass-one");
        Assert.NotNull((await host.TryAsync("bob", "pass-one", client: "10.1.2.3")).Auth);
    }

    [Fact]
    public async Task Refusals_of_unknown_users_and_wrong_passwords_commit_the_same()
    {
        var counted = new List<string>();
        host.Store.OnCommit = async (transaction, commit) =>
        {
            var keys = transaction.Changes.Select(c => Encoding.Latin1.GetString(c.Key.Span)).ToList();
            if (keys.Find(k => k.Contains("failed/", StringComparison.Ordinal) || k.Contains("stray/", StringComparison.Ordinal)) is { } key)
                counted.Add($"{key[20..].Split('/')[0]} of {transaction.Preconditions.Count} and {keys.Count}");
            return await commit();
        };
        await host.RefusedAsync("bob", "wrong");
        await host.RefusedAsync("nobody", "wrong");
        Assert.Equal(2, counted.Count);
        Assert.Equal(counted[0].Replace("failed", "stray", StringComparison.Ordinal), counted[1]);
    }

    [Fact]
    public async Task Names_that_strangers_try_make_a_fixed_number_of_entries()
    {
        for (var i = 0; i < 400; i++)
            await host.RefusedAsync($"stranger-{i}", "guess");
        var entries = await (await host.StorageAsync()).ScanAsync("", 0, default);
        Assert.InRange(entries.Count(e => e.StartsWith("stray/", StringComparison.Ordinal)), 2, 256);
        Assert.DoesNotContain(entries, e => e.Contains("stranger", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hash_of_another_cost_is_renewed_at_the_next_login()
    {
        await using var mixed = await UserpassHost.StartAsync(UserpassHost.Cheap, new PasswordCost(2, 16));
        await mixed.UserAsync("ann", """{"password":"pass-one"}""").Ok();
        var before = await mixed.StoredHashAsync("ann");
        await mixed.RefusedAsync("ann", "wrong", mixed.Other);
        Assert.Equal(before, await mixed.StoredHashAsync("ann"));
        await mixed.LogInAsync("ann", "pass-one", mixed.Other);
        var after = await mixed.StoredHashAsync("ann");
        Assert.Equal((2, 16), (after.Passes, after.MemoryKibibytes));
        await mixed.LogInAsync("ann", "pass-one", mixed.Other);
        Assert.Equal(after, await mixed.StoredHashAsync("ann"));
    }

    // A second hash at a right password would tell who guesses on that it was right.
    [Fact]
    public async Task A_hash_is_not_renewed_for_who_is_locked_out_or_comes_from_elsewhere()
    {
        await using var mixed = await UserpassHost.StartAsync(UserpassHost.Cheap, new PasswordCost(2, 16));
        await mixed.UserAsync("ann", """{"password":"pass-one","token_bound_cidrs":["10.0.0.0/8"]}""").Ok();
        var before = await mixed.StoredHashAsync("ann");
        await mixed.RefusedAsync("ann", "pass-one", mixed.Other);
        Assert.Equal(before, await mixed.StoredHashAsync("ann"));
        await mixed.UserAsync("ann", """{"token_bound_cidrs":[]}""").Ok();
        await mixed.FailAsync("ann", 5);
        await mixed.SyncAsync();
        await mixed.RefusedAsync("ann", "pass-one", mixed.Other);
        Assert.Equal(before, await mixed.StoredHashAsync("ann"));
    }

    [Fact]
    public async Task A_bcrypt_hash_is_taken_and_replaced_at_the_first_login()
    {
        await host.UserAsync("ann", """{"password_hash":"$2b$04$N9qo8uLOickgx2ZMRZoMyeCwurxuMOTi1KfP06778xczaH0FSea1q"}""").Ok();
        await host.RefusedAsync("ann", "hunter3");
        Assert.NotEqual("", (await host.StoredHashAsync("ann")).Bcrypt);
        await host.LogInAsync("ann", "hunter2", host.Other);
        Assert.Equal("", (await host.StoredHashAsync("ann")).Bcrypt);
        await host.LogInAsync("ann", "hunter2");
    }

    [Fact]
    public async Task A_token_is_renewed_as_its_user_is_now()
    {
        var token = (await host.LogInAsync("bob", "pass-one")).ClientToken;
        await host.UserAsync("bob", """{"token_ttl":"30m"}""").Ok();
        Assert.Equal(TimeSpan.FromMinutes(30), (await host.RenewThereAsync(token).Ok()).Auth!.Ttl);
        await host.Node.WriteAsync("auth/userpass/users/bob/policies", """{"token_policies":["dev","ops"]}""").Ok();
        Assert.Contains("policies have changed", (await RenewalFailsAsync()).Message, StringComparison.Ordinal);
        await host.Node.DeleteAsync("auth/userpass/users/bob").Ok();
        Assert.Contains("is gone", (await RenewalFailsAsync()).Message, StringComparison.Ordinal);

        Task<Failure> RenewalFailsAsync() => host.RenewThereAsync(token).Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_user_who_was_deleted_and_made_anew_is_another()
    {
        var token = (await host.LogInAsync("bob", "pass-one")).ClientToken;
        await host.Node.DeleteAsync("auth/userpass/users/bob").Ok();
        await host.UserAsync("bob", """{"password":"pass-one","token_policies":"dev","token_ttl":"1h"}""").Ok();
        await host.RenewThereAsync(token).Fails(FailureKind.Invalid);
    }
}
