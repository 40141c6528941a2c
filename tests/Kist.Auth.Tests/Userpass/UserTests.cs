using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Userpass;

public sealed class UserTests : IAsyncLifetime
{
    private UserpassHost host = null!;

    public async Task InitializeAsync() => host = await UserpassHost.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task A_user_is_made_changed_in_part_read_listed_and_deleted()
    {
        await host.UserAsync("Bob", """{"password":"pass-one","token_policies":["Dev"],"token_ttl":"1h","token_bound_cidrs":"127.0.0.0/8"}""").Ok();
        await host.UserAsync("bob", """{"token_max_ttl":"2h"}""").Ok();
        var shown = (await host.ReadThereAsync("auth/userpass/users/BOB").Ok()).Json();
        Assert.Equal(
            """{"token_ttl":3600,"token_max_ttl":7200,"token_policies":["dev"],"token_bound_cidrs":["127.0.0.0/8"],"token_explicit_max_ttl":0""" +
            ""","token_no_default_policy":false,"token_num_uses":0,"token_period":0,"token_type":"default"}""",
            shown.GetRawText());
        await host.LogInAsync("bob", "pass-one");
        await host.UserAsync("ann", """{"password":"pass-two"}""").Ok();
        Assert.Equal("""["ann","bob"]""", (await host.Node.ListAsync("auth/userpass/users").Ok()).Json().GetProperty("keys").GetRawText());
        var page = await host.Node.AskAsync(Operation.List, "auth/userpass/users", """{"after":"ann","limit":1}""");
        Assert.Equal("""["bob"]""", page.Json().GetProperty("keys").GetRawText());
        await host.Node.DeleteAsync("auth/userpass/users/Bob").Ok();
        await host.Node.DeleteAsync("auth/userpass/users/bob").Ok();
        await host.RefusedAsync("bob", "pass-one", host.Other);
        await host.ReadThereAsync("auth/userpass/users/bob").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task No_users_are_not_found() => await host.Node.ListAsync("auth/userpass/users").Fails(FailureKind.NotFound);

    [Fact]
    public async Task Former_names_of_fields_are_taken_and_give_way_to_those_of_today()
    {
        await host.UserAsync("bob", """{"password":"p","policies":"old","ttl":"1h","max_ttl":"2h","bound_cidrs":"127.0.0.1"}""").Ok();
        var auth = await host.LogInAsync("bob", "p");
        Assert.Equal(["default", "old"], auth.Policies);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        await host.RefusedAsync("bob", "p", client: "10.0.0.1");
        await host.UserAsync("bob", """{"policies":"old","token_policies":"new"}""").Ok();
        Assert.Equal(["default", "new"], (await host.LogInAsync("bob", "p")).Policies);
    }

    [Theory]
    [InlineData("""{"token_policies":"dev"}""", "missing password")]
    [InlineData("""{"password":""}""", "missing password")]
    [InlineData("""{"password":"a","password_hash":"$2b$04$N9qo8uLOickgx2ZMRZoMyeCwurxuMOTi1KfP06778xczaH0FSea1q"}""", "exclude each other")]
    [InlineData("""{"password_hash":"5f4dcc3b5aa765d61d8327deb882cf99"}""", "expected a bcrypt hash")]
    [InlineData("""{"password_hash":""}""", "expected a bcrypt hash")]
    [InlineData("""{"password":"a","token_ttl":"2h","token_max_ttl":"1h"}""", "token_ttl")]
    [InlineData("""{"password":"a","token_type":"batch","token_num_uses":3}""", "token_type")]
    public async Task What_makes_no_user_is_refused_with_the_reason(string fields, string reason)
    {
        var failure = await host.UserAsync("bob", fields).Fails(FailureKind.Invalid);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        await host.Node.ReadAsync("auth/userpass/users/bob").Fails(FailureKind.NotFound);
    }

    [Theory]
    [InlineData("-bob")]
    [InlineData(".bob")]
    [InlineData("bob.")]
    [InlineData("bob smith")]
    [InlineData("bob@example.org")]
    [InlineData("b\u00f6b")]
    [InlineData("\u212aelvin")]
    public async Task Names_of_other_characters_are_refused_on_every_route(string name)
    {
        await host.UserAsync(name, """{"password":"p"}""").Fails(FailureKind.Invalid);
        await host.Node.ReadAsync($"auth/userpass/users/{name}").Fails(FailureKind.Invalid);
        await host.Node.DeleteAsync($"auth/userpass/users/{name}").Fails(FailureKind.Invalid);
        await host.Node.WriteAsync($"auth/userpass/users/{name}/password", """{"password":"p"}""").Fails(FailureKind.Invalid);
        await host.Node.WriteAsync($"auth/userpass/users/{name}/policies", """{"token_policies":"p"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Names_and_passwords_have_a_longest_length()
    {
        await host.UserAsync(new string('a', 256), $$"""{"password":"{{new string('p', 1024)}}"}""").Ok();
        await host.LogInAsync(new string('a', 256), new string('p', 1024));
        await host.UserAsync(new string('a', 257), """{"password":"p"}""").Fails(FailureKind.Invalid);
        await host.UserAsync("bob", $$"""{"password":"{{new string('p', 1025)}}"}""").Fails(FailureKind.Invalid);
        await host.Node.AskAsync(Operation.List, "auth/userpass/users", $$"""{"after":"{{new string('a', 257)}}"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_new_password_is_obeyed_at_once_on_every_node()
    {
        await host.UserAsync("bob", """{"password":"pass-one"}""").Ok();
        await host.LogInAsync("bob", "pass-one", host.Other);
        await host.Node.WriteAsync("auth/userpass/users/bob/password", """{"password":"pass-two"}""").Ok();
        await host.RefusedAsync("bob", "pass-one", host.Other);
        await host.LogInAsync("bob", "pass-two", host.Other);
        await host.Node.WriteAsync("auth/userpass/users/bob/password", "{}").Fails(FailureKind.Invalid);
        await host.Node.WriteAsync("auth/userpass/users/ann/password", """{"password":"p"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Policies_are_changed_alone()
    {
        await host.UserAsync("bob", """{"password":"p","token_policies":"dev","token_ttl":"1h"}""").Ok();
        await host.Node.WriteAsync("auth/userpass/users/bob/policies", """{"token_policies":"Ops, dev"}""").Ok();
        var auth = await host.LogInAsync("bob", "p", host.Other);
        Assert.Equal(["default", "dev", "ops"], auth.Policies);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        await host.Node.WriteAsync("auth/userpass/users/bob/policies", """{"policies":"old"}""").Ok();
        Assert.Equal(["default", "old"], (await host.LogInAsync("bob", "p")).Policies);
        await host.Node.WriteAsync("auth/userpass/users/bob/policies", "{}").Fails(FailureKind.Invalid);
        await host.Node.WriteAsync("auth/userpass/users/bob/policies", """{"policies":"response-wrapping"}""").Fails(FailureKind.Invalid);
        await host.Node.WriteAsync("auth/userpass/users/ann/policies", """{"policies":"old"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Making_and_changing_are_two_capabilities()
    {
        await host.Node.WriteAsync("sys/policies/acl/maker", """{"policy":"path \"auth/userpass/users/*\" { capabilities = [\"create\"] }"}""").Ok();
        await host.Node.WriteAsync("sys/policies/acl/keeper", """{"policy":"path \"auth/userpass/users/*\" { capabilities = [\"update\"] }"}""").Ok();
        var maker = (await host.Node.WriteAsync("auth/token/create", """{"policies":"maker"}""").Ok()).Auth!.ClientToken;
        var keeper = (await host.Node.WriteAsync("auth/token/create", """{"policies":"keeper"}""").Ok()).Auth!.ClientToken;
        await host.Node.WriteAsync("auth/userpass/users/bob", """{"password":"p"}""", keeper).Fails(FailureKind.Denied);
        await host.Node.WriteAsync("auth/userpass/users/bob", """{"password":"p"}""", maker).Ok();
        await host.Node.WriteAsync("auth/userpass/users/BOB", """{"password":"q"}""", maker).Fails(FailureKind.Denied);
        await host.Node.WriteAsync("auth/userpass/users/bob", """{"password":"q"}""", keeper).Ok();
        await host.LogInAsync("bob", "q");
        await host.Node.WriteAsync("auth/userpass/users/bob", """{"password":"q"}""", new("")).Fails(FailureKind.Unauthenticated);
    }
}
