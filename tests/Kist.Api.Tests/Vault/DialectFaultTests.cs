using System.Text;
using Kist.Api.Vault;
using Kist.Core.Tests.Nodes;

namespace Kist.Api.Tests.Vault;

/// <summary>Requests that cannot be read, or only in more than one way: a clear refusal, a record, and no change.</summary>
public sealed class DialectFaultTests : IAsyncLifetime
{
    private DialectServer server = null!;

    public async Task InitializeAsync() => server = await DialectServer.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Empty(server.Node.Faults);
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("secret/data/a%2Fb", "encoded slash")]
    [InlineData("secret/data/a%2fb", "encoded slash")]
    [InlineData("secret/data/../a", "\"..\"")]
    [InlineData("secret/data/%2e%2e/a", "\"..\"")]
    [InlineData("secret/data/./a", "\".\"")]
    [InlineData("secret//data/a", "empty segment")]
    [InlineData("/secret/data/a", "empty segment")]
    [InlineData("secret/data/%ff", "UTF-8")]
    [InlineData("secret/data/%c0%af", "UTF-8")]
    [InlineData("secret/data/%zz", "escape")]
    [InlineData("secret/data/%0a", "control")]
    public async Task Paths_with_two_meanings_are_refused(string path, string told)
    {
        Assert.Contains(told, (await server.AskAsync("GET", "/v1/" + path)).Is(400).Error, StringComparison.Ordinal);
        Assert.Contains(told, (await server.AskAsync("POST", "/v1/" + path, """{"data":{}}""")).Is(400).Error, StringComparison.Ordinal);
        (await server.AskAsync("LIST", "/v1/secret/metadata")).Is(404);
    }

    [Theory]
    [InlineData("{\"data\":{\"k\":\"planted\"}", "not valid JSON")]
    [InlineData("{\"data\":{\"k\":\"planted\"}}}", "not valid JSON")]
    [InlineData("data=planted&k=v", "not valid JSON")]
    [InlineData("[{\"data\":{}}]", "must be a JSON object")]
    [InlineData("\"planted\"", "must be a JSON object")]
    [InlineData("null", "must be a JSON object")]
    [InlineData("{\"data\":{\"k\":1},\"data\":{\"k\":2}}", "the key \"data\" twice")]
    [InlineData("{\"data\":{\"k\":1,\"k\":2}}", "the key \"k\" twice")]
    [InlineData("{\"data\":{\"k\":\"\\ud800\"}}", "escape")]
    [InlineData("{\"data\":7}", "\"data\"")]
    [InlineData("{\"data\":{},\"options\":{\"cas\":\"planted\"}}", "cas")]
    public async Task Faulty_bodies_are_told_what_is_wrong_and_change_nothing(string body, string told)
    {
        var error = (await server.AskAsync("POST", "/v1/secret/data/a", body)).Is(400).Error;
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.DoesNotContain("planted", error, StringComparison.Ordinal);
        (await server.AskAsync("LIST", "/v1/secret/metadata")).Is(404);
    }

    [Theory]
    [InlineData("{\"data\":", "{\"k\":", "}", 100_000)]
    [InlineData("{\"data\":{\"k\":", "[", "]", 1_000_000)]
    public async Task Depth_bombs_are_refused(string head, string open, string close, int levels)
    {
        var bomb = new StringBuilder(head).Insert(head.Length, open, levels).Append('1').Insert(head.Length + (open.Length * levels) + 1, close, levels).Append('}');
        Assert.Contains("nests deeper than 64 levels", (await server.AskAsync("POST", "/v1/secret/data/a", bomb.ToString())).Is(400).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_deepest_body_that_is_taken_is_answered_wrapped_patched_and_unwrapped()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"k\":", 62)) + "1" + new string('}', 62);
        (await server.AskAsync("POST", "/v1/secret/data/a", $"{{\"data\":{{\"k\":{deep}}}}}")).Is(200);
        (await server.AskAsync("PATCH", "/v1/secret/data/a", $"{{\"data\":{{\"k\":{deep}}}}}")).Is(200);
        Assert.Contains(deep, (await server.AskAsync("GET", "/v1/secret/data/a")).Is(200).Text, StringComparison.Ordinal);
        (await server.AskAsync("GET", "/v1/secret/subkeys/a")).Is(200);
        (await server.AskAsync("POST", "/v1/cubbyhole/a", $"{{\"k\":{{\"k\":{deep}}}}}")).Is(204);
        (await server.AskAsync("GET", "/v1/cubbyhole/a")).Is(200);
        var wrapped = await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Wrap-TTL", "60"));
        var token = wrapped.Is(200).Json.GetProperty("wrap_info").Text("token");
        Assert.Contains(deep, (await server.AskAsync("POST", "/v1/sys/wrapping/unwrap", $"{{\"token\":\"{token}\"}}")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_no_utf_8_is_refused()
    {
        byte[] body = [.. "{\"data\":{\"k\":\""u8, 0xC3, 0x28, .. "\"}}"u8];
        var answer = await server.SendAsync(Encoding.ASCII.GetBytes(Head($"Content-Length: {body.Length}")), body);
        Assert.Contains("not valid UTF-8", answer.Is(400).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("nonsense")]
    public async Task A_json_body_is_read_whatever_its_content_type_says(string type) =>
        (await server.AskAsync("POST", "/v1/secret/data/a", """{"data":{"k":"v"}}""", ("Content-Type", type))).Is(200);

    [Fact]
    public async Task An_announced_body_beyond_32_mib_is_refused_before_it_is_sent()
    {
        var answer = await server.SendAsync(Encoding.ASCII.GetBytes(Head($"Content-Length: {RequestBody.MaxBytes + 1}")));
        Assert.Equal("the request body is larger than 32 MiB", answer.Is(413).Error);
        Assert.Equal(("update", "secret/data/a"), (server.LastRequest().Text("operation"), server.LastRequest().Text("path")));
    }

    [Theory]
    [InlineData("secret/data/a", "{\"data\":{\"k\":\"X\"}}")]
    [InlineData("secret/metadata/a", "{\"custom_metadata\":{\"k\":\"X\"}}")]
    [InlineData("cubbyhole/a", "{\"k\":\"X\"}")]
    [InlineData("sys/policies/acl/a", "{\"policy\":\"X\"}")]
    [InlineData("sys/mounts/a", "{\"type\":\"kv\",\"description\":\"X\"}")]
    [InlineData("sys/mounts/a", "{\"type\":\"kv\",\"options\":{\"X\":\"1\"}}")]
    [InlineData("auth/token/create", "{\"meta\":{\"k\":\"X\"}}")]
    [InlineData("auth/token/create", "{\"display_name\":\"X\"}")]
    [InlineData("auth/token/create", "{\"policies\":[\"X\"]}")]
    [InlineData("auth/token/roles/a", "{\"path_suffix\":\"X\"}")]
    [InlineData("sys/audit/a", "{\"type\":\"file\",\"description\":\"X\",\"options\":{\"file_path\":\"discard\"}}")]
    [InlineData("sys/wrapping/wrap", "{\"k\":\"X\"}")]
    public async Task What_no_entry_can_hold_is_refused(string path, string body)
    {
        var answer = await server.AskAsync("POST", "/v1/" + path, body.Replace("X", new string('x', 1_400_000)), ("X-Vault-Wrap-TTL", path == "sys/wrapping/wrap" ? "60" : ""));
        Assert.True(answer.Status is 400 or 413, $"{answer.Status}: {answer.Error}");
        Assert.InRange(answer.Error.Length, 10, 400);
    }

    // With the web server's own limit and without: the dialect does not rely on it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_that_grows_beyond_32_mib_is_refused(bool limited)
    {
        await using var other = await DialectServer.StartAsync(limited ? RequestBody.MaxBytes : null);
        var chunk = new byte[1 << 20];
        chunk.AsSpan().Fill((byte)' ');
        byte[] framed = [.. "100000\r\n"u8, .. chunk, .. "\r\n"u8];
        var pieces = Enumerable.Repeat(framed, 33).Prepend(Encoding.ASCII.GetBytes(Head("Transfer-Encoding: chunked", other.Root))).Append("0\r\n\r\n"u8.ToArray());
        Assert.Equal("the request body is larger than 32 MiB", (await other.SendAsync([.. pieces])).Is(413).Error);
    }

    [Theory]
    [InlineData("zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("2\r\n{}x\r\n0\r\n\r\n")]
    public async Task A_body_with_broken_chunks_is_refused(string chunks)
    {
        var answer = await server.SendAsync(Encoding.ASCII.GetBytes(Head("Transfer-Encoding: chunked") + chunks));
        Assert.Contains("request body", answer.Is(400).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/secret/data/a%2Fb", "read", "secret/data/a%2Fb")]
    [InlineData("PUT", "/v1/secret/data/../../sys/seal?x=1", "update", "secret/data/../../sys/seal")]
    [InlineData("DELETE", "/v1/secret/data/%zz", "delete", "secret/data/%zz")]
    [InlineData("LIST", "/v1/secret//metadata", "list", "secret//metadata/")]
    [InlineData("GET", "/v1/secret//metadata?scan=1", "scan", "secret//metadata/")]
    [InlineData("PURGE", "/v1/secret/data/a%20b", "read", "secret/data/a b")]
    [InlineData("POST", "/elsewhere/a", "update", "/elsewhere/a")]
    public async Task What_cannot_be_read_is_recorded_as_what_it_is(string method, string target, string operation, string path)
    {
        var answer = await server.AskAsync(method, target);
        Assert.InRange(answer.Status, 400, 405);
        var recorded = server.LastRequest();
        Assert.Equal((operation, path, "127.0.0.1"), (recorded.Text("operation"), recorded.Text("path"), recorded.Text("remote_address")));
        Assert.Equal(server.Node.Node.Audit.Hash("file", server.Root).Value, recorded.Text("client_token"));
        Assert.Equal(answer.Error, server.Records()[^1].Text("error"));
    }

    [Fact]
    public async Task A_faulty_wrapping_time_is_recorded_with_its_path_and_operation()
    {
        (await server.AskAsync("PATCH", "/v1/secret/data/a", "{}", ("X-Vault-Wrap-TTL", "soon"))).Is(400);
        Assert.Equal(("patch", "secret/data/a"), (server.LastRequest().Text("operation"), server.LastRequest().Text("path")));
    }

    private string Head(string header, string? token = null) =>
        $"POST /v1/secret/data/a HTTP/1.1\r\nHost: kist\r\nConnection: close\r\nX-Vault-Token: {token ?? server.Root}\r\n{header}\r\n\r\n";
}
