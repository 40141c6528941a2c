using System.Text.Json;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary><c>identity/mfa</c>: methods and enforcements.</summary>
public sealed class MfaRoutesTests : IAsyncLifetime
{
    private MfaBed mfa = null!;

    private IdentityBed Bed => mfa.Bed;

    public async Task InitializeAsync() => mfa = await MfaBed.CreateAsync();

    public async Task DisposeAsync() => await mfa.DisposeAsync();

    [Fact]
    public async Task A_method_is_created_once_with_its_name()
    {
        Assert.Equal(mfa.Method, (await Bed.WriteAsync("mfa/method/totp", """{"issuer":"Other","method_name":"app"}""").Ok()).Json().Text("method_id"));
        Assert.Equal("Other", (await Bed.ReadAsync("mfa/method/totp/" + mfa.Method)).Text("issuer"));
        var second = await mfa.MethodAsync("second");
        var taken = await Bed.WriteAsync("mfa/method/totp/" + second, """{"method_name":"app"}""").Fails(FailureKind.Invalid);
        Assert.Equal("mfa.name_in_use", taken.Code);
        await Bed.WriteAsync("mfa/method/totp/" + mfa.Method, """{"method_name":"first"}""").Ok();
        await Bed.WriteAsync("mfa/method/totp/" + second, """{"method_name":"app"}""").Ok();
        Assert.Equal(second, (await Bed.WriteAsync("mfa/method/totp", """{"method_name":"app","digits":8}""").Ok()).Json().Text("method_id"));
        await Bed.DeleteAsync("mfa/method/totp/" + second).Ok();
        Assert.NotEqual(second, await mfa.MethodAsync("app"));
    }

    [Fact]
    public async Task Creations_at_once_with_one_name_make_one_method()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
            (await (i % 2 == 0 ? Bed.Node : Bed.Other).WriteAsync("identity/mfa/method/totp", """{"issuer":"Kist","method_name":"new"}""").Ok()).Json().Text("method_id"))));
        Assert.Single(made.Distinct());
        Assert.Equal(2, (await Bed.ListAsync("mfa/method")).Texts("keys").Length);
    }

    [Fact]
    public async Task Methods_and_enforcements_show_what_Vault_shows()
    {
        foreach (var path in (string[])["mfa/method", "mfa/method/totp"])
        {
            var list = await Bed.ListAsync(path);
            Assert.Equal([mfa.Method], list.Texts("keys"));
            var info = list.GetProperty("key_info").GetProperty(mfa.Method);
            Assert.Equal(("totp", mfa.Method, "app", "root", ""), (info.Text("type"), info.Text("id"), info.Text("name"), info.Text("namespace_id"), info.Text("namespace_path")));
        }
        Assert.Equal((await Bed.ReadAsync("mfa/method/totp/" + mfa.Method)).GetRawText(), (await Bed.ReadAsync("mfa/method/" + mfa.Method)).GetRawText());
        Assert.Equal(200, (await Bed.ReadAsync("mfa/method/" + mfa.Method)).GetProperty("qr_size").GetInt32());
        var enforcement = await Bed.ReadAsync("mfa/login-enforcement/all");
        Assert.Equal(("all", "root", ""), (enforcement.Text("name"), enforcement.Text("namespace_id"), enforcement.Text("namespace_path")));
        Assert.Equal(36, enforcement.Text("id").Length);
        var enforcements = await Bed.ListAsync("mfa/login-enforcement");
        Assert.Equal(enforcement.GetRawText(), enforcements.GetProperty("key_info").GetProperty("all").GetRawText());
        await mfa.EnforceAsync("all", """{"auth_method_types":"call"}""");
        Assert.Equal(enforcement.Text("id"), (await Bed.ReadAsync("mfa/login-enforcement/all")).Text("id"));
    }

    [Fact]
    public async Task Enforcements_are_listed_in_pages()
    {
        foreach (var name in (string[])["c", "b"])
            await mfa.EnforceAsync(name, $$"""{"mfa_method_ids":"{{mfa.Method}}","auth_method_types":"call"}""");
        Assert.Equal(["all", "b"], (await Bed.ListAsync("mfa/login-enforcement", """{"limit":2}""")).Texts("keys"));
        Assert.Equal(["c"], (await Bed.ListAsync("mfa/login-enforcement", """{"after":"b"}""")).Texts("keys"));
    }

    [Fact]
    public async Task An_enforcement_names_only_what_asks_for_a_second_proof()
    {
        var token = (await Bed.Node.ReadAsync("sys/auth").Ok()).Json().GetProperty("token/").Text("accessor");
        var kv = (await Bed.Node.ReadAsync("sys/mounts").Ok()).Json().GetProperty("cubbyhole/").Text("accessor");
        string[] wrong = ["\"auth_method_types\":\"calll\"", "\"auth_method_types\":\"call,token\"", $"\"auth_method_accessors\":\"{token}\"", $"\"auth_method_accessors\":\"{kv}\""];
        foreach (var condition in wrong)
            await Bed.WriteAsync("mfa/login-enforcement/x", $$"""{"mfa_method_ids":"{{mfa.Method}}",{{condition}}}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task What_has_gone_since_it_was_named_keeps_nobody_from_changing_the_rest()
    {
        var eve = await Bed.CreateAsync("entity", "{}");
        await mfa.EnforceAsync("all", JsonSerializer.Serialize(new { identity_entity_ids = (string[])[eve, mfa.Entity] }));
        await Bed.DeleteAsync("entity/id/" + eve).Ok();
        await mfa.EnforceAsync("all", """{"auth_method_types":"call"}""");
        await Bed.WriteAsync("mfa/login-enforcement/all", $$"""{"identity_entity_ids":"{{eve}}"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Each_method_of_an_enforcement_is_one()
    {
        var ids = Enumerable.Repeat(mfa.Method, 49).Append("none").ToArray();
        await Bed.WriteAsync("mfa/login-enforcement/all", JsonSerializer.Serialize(new { mfa_method_ids = ids })).Fails(FailureKind.Invalid);
        var many = await Bed.WriteAsync(
            "mfa/login-enforcement/all", JsonSerializer.Serialize(new { mfa_method_ids = ids.Take(49).Append(mfa.Method).Append(mfa.Method) })).Fails(FailureKind.Invalid);
        Assert.Equal("mfa.list_too_long", many.Code);
    }
}
