using System.Text;
using System.Text.Json;
using Kist.Core.Namespaces;
using Kist.Core.Passwords;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Passwords;

/// <summary><c>sys/policies/password</c>, and the way for engines.</summary>
public sealed class PasswordPolicyRoutesTests : IAsyncLifetime
{
    private const string Path = "sys/policies/password";
    private const string Text = "length = 12\nrule \"charset\" {\n  charset = \"0123456789\"\n}\n";
    private const string Golden = """{"schema":1,"text":"length = 4"}""";

    private static readonly string Body = JsonSerializer.Serialize(new { policy = Text });

    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.CreateAsync(store);

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Policy_is_written_read_listed_used_and_deleted()
    {
        await node.ListAsync(Path).Fails(FailureKind.NotFound);
        await node.WriteAsync($"{Path}/Pin", Body).Ok();
        Assert.Equal(Text, (await node.ReadAsync($"{Path}/Pin")).Json().Text("policy"));
        Assert.Equal("""{"keys":["Pin"]}""", (await node.ListAsync(Path)).Json().ToString());
        var first = (await node.ReadAsync($"{Path}/Pin/generate")).Json().Text("password");
        Assert.Matches("^[0-9]{12}$", first);
        Assert.NotEqual(first, (await node.ReadAsync($"{Path}/Pin/generate")).Json().Text("password"));
        await node.DeleteAsync($"{Path}/Pin").Ok();
        await node.DeleteAsync($"{Path}/Pin").Ok();
        await node.ReadAsync($"{Path}/Pin").Fails(FailureKind.NotFound);
        await node.ReadAsync($"{Path}/Pin/generate").Fails(FailureKind.NotFound);
        await node.ReadAsync($"{Path}/pin").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Base64_is_read_as_what_it_encodes()
    {
        await node.WriteAsync($"{Path}/pin", JsonSerializer.Serialize(new { policy = Convert.ToBase64String(Encoding.UTF8.GetBytes(Text)) })).Ok();
        Assert.Equal(Text, (await node.ReadAsync($"{Path}/pin")).Json().Text("policy"));
    }

    [Theory]
    [InlineData("pin", "{}", "\"policy\" is required")]
    [InlineData("pin", """{"policy":""}""", "\"policy\" is required")]
    [InlineData("pin", """{"policy":"length = 3"}""", "line 1")]
    [InlineData("pin", """{"policy":"length = 99 rule charset {charset = \"a\" min-chars = 95} rule charset {charset = \"bcde\"}"}""", "hardly any")]
    [InlineData("p n", """{"policy":"length = 4 rule \"charset\" {charset = \"a\"}"}""", "1 to 128 letters")]
    [InlineData("p:n", """{"policy":"length = 4 rule \"charset\" {charset = \"a\"}"}""", "1 to 128 letters")]
    public async Task Faulty_write_changes_nothing_and_says_why(string name, string body, string told)
    {
        await node.WriteAsync($"{Path}/pin", Body).Ok();
        Assert.Contains(told, (await node.WriteAsync($"{Path}/{name}", body).Fails(FailureKind.Invalid)).Message);
        Assert.Equal(Text, (await node.ReadAsync($"{Path}/pin")).Json().Text("policy"));
        Assert.Equal("""{"keys":["pin"]}""", (await node.ListAsync(Path)).Json().ToString());
    }

    [Fact]
    public async Task Reading_a_policy_does_not_give_the_right_to_its_passwords_and_no_policy_at_all_gives_nothing()
    {
        await node.WriteAsync($"{Path}/pin", Body).Ok();
        var policy = $$"""path "{{Path}}/pin" { capabilities = ["read"] }""";
        await node.WriteAsync("sys/policies/acl/reader", JsonSerializer.Serialize(new { policy })).Ok();
        var reader = (await node.WriteAsync("auth/token/create", """{"policies":["reader"]}""")).Auth!.ClientToken;
        await node.ReadAsync($"{Path}/pin", reader).Ok();
        await node.ReadAsync($"{Path}/pin/generate", reader).Fails(FailureKind.Denied);
        await node.ListAsync(Path, reader).Fails(FailureKind.Denied);
        await node.WriteAsync($"{Path}/pin", Body, reader).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Engine_with_nothing_but_its_storage_gets_passwords_of_a_policy_and_of_the_default()
    {
        var barrier = (await new BarrierBuilder().NodeAsync()).Barrier;
        Assert.True((await PasswordPolicies.Of(barrier).PutAsync(NamespaceId.Root, "pin", Text, default)).Value > 0);
        var storage = barrier.System(NamespaceId.Root).Folder("some/engine/");
        var policies = PasswordPolicies.Of(storage);
        Assert.Matches("^[0-9]{12}$", (await policies.GenerateAsync(storage.Namespace, "pin", default)).Value.Reveal());
        Assert.Matches("^[a-zA-Z0-9-]{20}$", (await policies.GenerateAsync(storage.Namespace, "", default)).Value.Reveal());
        Assert.Equal("password_policy.not_found", (await policies.GenerateAsync(storage.Namespace, "other", default)).Failure!.Code);
        Assert.Equal("password_policy.not_found", (await policies.GenerateAsync(storage.Namespace, "../policy/default", default)).Failure!.Code);
    }

    [Fact]
    public void Stored_form_stays_readable()
    {
        var record = new StoredPasswordPolicy { Text = "length = 4" };
        Assert.Equal(Golden, JsonSerializer.Serialize(record, PasswordPolicyJson.Stored));
        Assert.Equal(record, JsonSerializer.Deserialize(Golden, PasswordPolicyJson.Stored));
    }
}
