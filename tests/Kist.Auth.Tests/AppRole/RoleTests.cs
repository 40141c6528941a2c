using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.AppRole;

public sealed class RoleTests : IAsyncLifetime
{
    private AppRoleHost host = null!;

    public async Task InitializeAsync() => host = await AppRoleHost.StartAsync();

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task A_role_is_made_changed_in_part_read_listed_and_deleted()
    {
        await host.RoleAsync("My-App.1 x", """{"token_policies":["Dev"],"secret_id_ttl":"10m","secret_id_num_uses":"40","local_secret_ids":true}""").Ok();
        await host.RoleAsync("my-app.1 X", """{"token_ttl":"20m","secret_id_bound_cidrs":"10.0.0.0/8"}""").Ok();
        var shown = await host.ReadAsync("my-app.1 x", host.Other);
        Assert.Equal((true, 40, 600, true), (shown.GetProperty("bind_secret_id").GetBoolean(), shown.GetProperty("secret_id_num_uses").GetInt32(),
            shown.GetProperty("secret_id_ttl").GetInt32(), shown.GetProperty("local_secret_ids").GetBoolean()));
        Assert.Equal(("""["10.0.0.0/8"]""", """["dev"]""", 1200), (shown.GetProperty("secret_id_bound_cidrs").GetRawText(),
            shown.GetProperty("token_policies").GetRawText(), shown.GetProperty("token_ttl").GetInt32()));
        await host.RoleAsync("b").Ok();
        Assert.Equal("""["b","my-app.1 x"]""", (await host.Node.ListAsync("auth/approle/role").Ok()).Json().GetProperty("keys").GetRawText());
        var page = await host.Node.AskAsync(Operation.List, "auth/approle/role", """{"after":"b","limit":1}""");
        Assert.Equal("""["my-app.1 x"]""", page.Json().GetProperty("keys").GetRawText());
        await host.Node.DeleteAsync("auth/approle/role/b").Ok();
        await host.Node.DeleteAsync("auth/approle/role/b").Ok();
        await host.ReadThereAsync("auth/approle/role/b").Fails(FailureKind.NotFound);
        await host.ReadThereAsync("auth/approle/role/b/role-id").Fails(FailureKind.NotFound);
    }

    [Theory]
    [InlineData("""{"bind_secret_id":false}""", "at least one constraint")]
    [InlineData("""{"secret_id_num_uses":-1}""", "secret_id_num_uses")]
    [InlineData("""{"secret_id_ttl":"-1s"}""", "secret_id_ttl")]
    [InlineData("""{"secret_id_ttl":"900000h"}""", "secret_id_ttl")]
    [InlineData("""{"secret_id_bound_cidrs":["here"]}""", "secret_id_bound_cidrs")]
    [InlineData("""{"token_bound_cidrs":["here"]}""", "token_bound_cidrs")]
    [InlineData("""{"token_ttl":"2h","token_max_ttl":"1h"}""", "token_ttl")]
    [InlineData("""{"role_id":""}""", "role_id")]
    [InlineData("""{"bind_secret_id":"perhaps"}""", "bind_secret_id")]
    public async Task What_makes_no_role_is_refused_with_the_reason(string fields, string reason)
    {
        var failure = await host.RoleAsync("app", fields).Fails(FailureKind.Invalid);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        await host.Node.ReadAsync("auth/approle/role/app").Fails(FailureKind.NotFound);
    }

    [Theory]
    [InlineData("-app")]
    [InlineData("app.")]
    [InlineData(" app")]
    [InlineData("a@b")]
    [InlineData("\u00e4pp")]
    public async Task Names_of_other_characters_are_refused_on_every_route(string name)
    {
        await host.RoleAsync(name).Fails(FailureKind.Invalid);
        await host.Node.ReadAsync($"auth/approle/role/{name}").Fails(FailureKind.Invalid);
        await host.Node.DeleteAsync($"auth/approle/role/{name}").Fails(FailureKind.Invalid);
        await host.Node.ListAsync($"auth/approle/role/{name}/secret-id").Fails(FailureKind.Invalid);
        foreach (var path in new[] { "secret-id", "custom-secret-id", "role-id", "policies", "secret-id/lookup", "secret-id/destroy" })
            await host.WriteAsync($"{name}/{path}", """{"secret_id":"a","role_id":"a","token_policies":"a"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Names_and_role_ids_have_a_longest_length()
    {
        await host.RoleAsync(new string('a', 1024)).Ok();
        await host.RoleAsync(new string('a', 1025)).Fails(FailureKind.Invalid);
        await host.WriteAsync(new string('a', 1024) + "/role-id", $$"""{"role_id":"{{new string('r', 4096)}}"}""").Ok();
        await host.WriteAsync(new string('a', 1024) + "/role-id", $$"""{"role_id":"{{new string('r', 4097)}}"}""").Fails(FailureKind.Invalid);
        await host.Node.AskAsync(Operation.List, "auth/approle/role", $$"""{"after":"{{new string('a', 5000)}}"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_role_id_can_be_chosen_and_no_two_roles_have_the_same()
    {
        await host.RoleAsync("app").Ok();
        await host.RoleAsync("other", """{"role_id":"mine"}""").Ok();
        var first = await host.RoleIdAsync("app");
        Assert.True(Guid.TryParseExact(first, "D", out _));
        var (secretId, _) = await host.SecretIdAsync("app");
        Assert.Contains("in use", (await host.WriteAsync("app/role-id", """{"role_id":"mine"}""").Fails(FailureKind.Invalid)).Message, StringComparison.Ordinal);
        await host.RoleAsync("third", """{"role_id":"mine"}""").Fails(FailureKind.Invalid);
        await host.WriteAsync("app/role-id", "{}").Fails(FailureKind.Invalid);
        await host.WriteAsync("none/role-id", """{"role_id":"x"}""").Fails(FailureKind.Invalid);
        await host.WriteAsync("app/role-id", """{"role_id":"app.example.org"}""").Ok();
        await host.RefusedAsync(first, secretId, host.Other);
        await host.LogInAsync("app.example.org", secretId, host.Other);
        await host.Node.DeleteAsync("auth/approle/role/other").Ok();
        await host.RoleAsync("third", """{"role_id":"mine"}""").Ok();
        await host.WriteAsync("app/role-id", $$"""{"role_id":"{{first}}"}""").Ok();
        await host.LogInAsync(first, secretId, host.Other);
    }

    [Fact]
    public async Task Former_names_of_fields_are_taken()
    {
        await host.RoleAsync("app", """{"policies":"old","period":"1h"}""").Ok();
        var shown = await host.ReadAsync("app");
        Assert.Equal(("""["old"]""", 3600), (shown.GetProperty("token_policies").GetRawText(), shown.GetProperty("token_period").GetInt32()));
        await host.WriteAsync("app/policies", """{"policies":"older"}""").Ok();
        await host.WriteAsync("app/period", """{"period":60}""").Ok();
        shown = await host.ReadAsync("app");
        Assert.Equal(("""["older"]""", 60), (shown.GetProperty("token_policies").GetRawText(), shown.GetProperty("token_period").GetInt32()));
    }

    [Theory]
    [InlineData("policies", "token_policies", """["a","b"]""", "[]")]
    [InlineData("period", "token_period", "60", "0")]
    [InlineData("token-ttl", "token_ttl", "60", "0")]
    [InlineData("token-max-ttl", "token_max_ttl", "60", "0")]
    [InlineData("token-bound-cidrs", "token_bound_cidrs", """["10.0.0.0/8"]""", "[]")]
    [InlineData("bind-secret-id", "bind_secret_id", "false", "true")]
    [InlineData("secret-id-num-uses", "secret_id_num_uses", "7", "0")]
    [InlineData("secret-id-ttl", "secret_id_ttl", "60", "0")]
    [InlineData("secret-id-bound-cidrs", "secret_id_bound_cidrs", """["127.0.0.1"]""", """["127.0.0.0/8"]""")]
    public async Task Each_property_is_read_set_and_set_back_at_its_own_path(string path, string field, string value, string initial)
    {
        await host.RoleAsync("app", """{"secret_id_bound_cidrs":"127.0.0.0/8"}""").Ok();
        Assert.Equal(initial, (await host.ReadAsync($"app/{path}")).GetProperty(field).GetRawText());
        await host.WriteAsync($"app/{path}", $$"""{"{{field}}":{{value}}}""").Ok();
        Assert.Equal(value, (await host.ReadAsync($"app/{path}", host.Other)).GetProperty(field).GetRawText());
        Assert.Equal(value, (await host.ReadAsync("app", host.Other)).GetProperty(field).GetRawText());
        await host.Node.DeleteAsync($"auth/approle/role/app/{path}").Ok();
        var back = path == "secret-id-bound-cidrs" ? "[]" : initial;
        Assert.Equal(back, (await host.ReadAsync($"app/{path}", host.Other)).GetProperty(field).GetRawText());
        await host.WriteAsync($"app/{path}", "{}").Fails(FailureKind.Invalid);
        await host.WriteAsync($"none/{path}", $$"""{"{{field}}":{{value}}}""").Fails(FailureKind.Invalid);
        await host.Node.ReadAsync($"auth/approle/role/none/{path}").Fails(FailureKind.NotFound);
        await host.Node.DeleteAsync($"auth/approle/role/none/{path}").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task The_last_constraint_of_a_role_cannot_be_taken_away_at_a_path_of_its_own()
    {
        await host.RoleAsync("app", """{"bind_secret_id":false,"token_bound_cidrs":"127.0.0.1"}""").Ok();
        await host.Node.DeleteAsync("auth/approle/role/app/token-bound-cidrs").Fails(FailureKind.Invalid);
        await host.Node.DeleteAsync("auth/approle/role/app/bind-secret-id").Ok();
        await host.Node.DeleteAsync("auth/approle/role/app/token-bound-cidrs").Ok();
        await host.WriteAsync("app/bind-secret-id", """{"bind_secret_id":false}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Where_secret_ids_are_local_is_said_when_the_role_is_made()
    {
        await host.RoleAsync("app").Ok();
        await host.RoleAsync("app", """{"local_secret_ids":false}""").Ok();
        await host.RoleAsync("app", """{"local_secret_ids":true}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Making_and_changing_are_two_capabilities()
    {
        await host.Node.WriteAsync("sys/policies/acl/maker", """{"policy":"path \"auth/approle/role/*\" { capabilities = [\"create\"] }"}""").Ok();
        var maker = (await host.Node.WriteAsync("auth/token/create", """{"policies":"maker"}""").Ok()).Auth!.ClientToken;
        await host.Node.WriteAsync("auth/approle/role/app", "{}", maker).Ok();
        await host.Node.WriteAsync("auth/approle/role/APP", "{}", maker).Fails(FailureKind.Denied);
        await host.Node.WriteAsync("auth/approle/role/app/secret-id", "{}", maker).Fails(FailureKind.Denied);
        await host.Node.WriteAsync("auth/approle/role/app/secret-id", "{}", new("")).Fails(FailureKind.Unauthenticated);
    }
}
