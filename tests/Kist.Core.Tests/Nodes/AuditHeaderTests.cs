using System.Text.Json;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

/// <summary><c>sys/config/auditing/request-headers</c>, and how headers look in the records of real requests.</summary>
public sealed class AuditHeaderTests : IAsyncLifetime
{
    private const string Headers = "sys/config/auditing/request-headers";

    private readonly string folder = Directory.CreateTempSubdirectory("kist-audit-").FullName;
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    private string Log => Path.Combine(folder, "audit.log");

    public async Task InitializeAsync() => node = await TestNode.CreateAsync(store);

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Headers_are_set_listed_read_changed_and_removed()
    {
        await node.WriteAsync(Headers + "/X-Shop", """{"hmac":true}""").Ok();
        await node.WriteAsync(Headers + "/x-plain").Ok();
        Assert.Equal("""{"x-plain":{"hmac":false},"x-shop":{"hmac":true}}""", (await node.ReadAsync(Headers)).Json().GetProperty("headers").GetRawText());
        Assert.Equal("""{"x-shop":{"hmac":true}}""", (await node.ReadAsync(Headers + "/X-SHOP")).Json().GetRawText());
        await node.WriteAsync(Headers + "/x-shop", """{"hmac":"false"}""").Ok();
        Assert.Equal("""{"x-shop":{"hmac":false}}""", (await node.ReadAsync(Headers + "/x-shop")).Json().GetRawText());
        await node.DeleteAsync(Headers + "/x-shop").Ok();
        Assert.Equal("audit.unknown_header", (await node.ReadAsync(Headers + "/x-shop").Fails(FailureKind.Invalid)).Code);
        await node.DeleteAsync(Headers + "/x-shop").Ok();
    }

    [Fact]
    public async Task Only_those_with_sudo_may_touch_them()
    {
        await node.WriteAsync("sys/policies/acl/nosudo", """{"policy":"path \"sys/*\" { capabilities = [\"create\",\"read\",\"update\",\"delete\"] }"}""").Ok();
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["nosudo"]}""").Ok()).Auth!.ClientToken;
        await node.ReadAsync(Headers, token).Fails(FailureKind.Denied);
        await node.ReadAsync(Headers + "/x", token).Fails(FailureKind.Denied);
        await node.WriteAsync(Headers + "/x", "", token).Fails(FailureKind.Denied);
        await node.DeleteAsync(Headers + "/x", token).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Headers_of_a_request_reach_its_records_in_clear_or_hashed()
    {
        await EnableAsync("false");
        await node.WriteAsync(Headers + "/X-Plain").Ok();
        await node.WriteAsync(Headers + "/X-Hashed", """{"hmac":true}""").Ok();
        await AskAsync(("X-Plain", "seen"), ("X-Hashed", "hidden"), ("X-Other", "not asked for"));

        foreach (var record in Records("sys/policy"))
        {
            var shown = record.GetProperty("request").GetProperty("headers");
            Assert.Equal("seen", shown.GetProperty("x-plain")[0].GetString());
            Assert.Equal(node.Node.Audit.Hash("file", "hidden").Value, shown.GetProperty("x-hashed")[0].GetString());
            Assert.False(shown.TryGetProperty("x-other", out _));
        }
        await node.DeleteAsync(Headers + "/x-plain").Ok();
        await AskAsync(("X-Plain", "seen again"));
        Assert.DoesNotContain("seen again", await File.ReadAllTextAsync(Log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-Vault-Token")]
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Cookie")]
    public async Task A_header_that_carries_tokens_is_never_shown_in_clear(string name)
    {
        await EnableAsync("true");
        Assert.Equal("audit.credential_header", (await node.WriteAsync($"{Headers}/{name}", """{"hmac":false}""").Fails(FailureKind.Invalid)).Code);
        await node.WriteAsync($"{Headers}/{name}", """{"hmac":true}""").Ok();
        await AskAsync((name, "planted-token"));
        var shown = Records("sys/policy")[0].GetProperty("request").GetProperty("headers").GetProperty(name.ToLowerInvariant());
        Assert.Equal(node.Node.Audit.Hash("file", "planted-token").Value, shown[0].GetString());
        Assert.DoesNotContain("planted-token", await File.ReadAllTextAsync(Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_that_carries_tokens_and_was_stored_in_clear_is_hashed()
    {
        await using var tap = AuditTap.On(node);
        tap.Show(node, new AuditedHeader("x-vault-token", Hmac: false));
        await AskAsync(("X-Vault-Token", "planted-token"));
        Assert.Contains("\"x-vault-token\":[\"hmac-sha256:", tap.Sink.Lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("planted-token", string.Concat(tap.Sink.Lines), StringComparison.Ordinal);
    }

    private Task<Response> EnableAsync(string raw) =>
        node.WriteAsync("sys/audit/file", $$$"""{"type":"file","options":{"file_path":"{{{Log}}}","log_raw":"{{{raw}}}"}}""").Ok();

    private List<JsonElement> Records(string path) =>
        [.. File.ReadLines(Log).Select(line => JsonDocument.Parse(line).RootElement).Where(record => record.GetProperty("request").Text("path") == path)];

    private async Task AskAsync(params (string Name, string Value)[] headers)
    {
        var request = new Request
        {
            Id = "1",
            Path = "sys/policy",
            Operation = Operation.Read,
            Token = node.RootToken,
            Header = name => headers.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value,
        };
        await node.Node.Pipeline.HandleAsync(request, default).AsTask().Ok();
    }
}
