using System.Net;
using Kist.Crypto;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Tests.Kms;

public sealed class TransitKeyTests : IDisposable
{
    private readonly FakeTransit transit = new();
    private readonly ShiftedTime time = new();

    public void Dispose() => transit.Dispose();

    [Fact]
    public async Task Key_id_names_mount_key_version_and_when_it_was_made()
    {
        using var key = TestPlugin.Transit(transit, time);
        Assert.Equal("transit/transit/k8s/v1/1700000001", (await key.VersionAsync(default)).Value);
        transit.Rotate();
        Assert.Equal("transit/transit/k8s/v2/1700000002", (await key.VersionAsync(default)).Value);
    }

    [Fact]
    public async Task What_wraps_names_the_version_that_wrapped_even_when_it_was_rotated_meanwhile()
    {
        using var key = TestPlugin.Transit(transit, time);
        await key.VersionAsync(default);
        transit.Rotate();
        using var local = SecretBytes.Random(32);
        var wrapped = (await key.WrapAsync(local, default)).Value;
        Assert.Equal("transit/transit/k8s/v2/1700000002", wrapped.KeyId);
        using var unwrapped = (await key.UnwrapAsync(wrapped, default)).Value;
        Assert.True(unwrapped.FixedTimeEquals(local.Span));
    }

    [Fact]
    public async Task Wrong_token_is_a_refusal_and_no_token_an_outage()
    {
        using var wrong = TestPlugin.Transit(transit, time, token: "wrong");
        var refused = (await wrong.VersionAsync(default)).Failure!;
        Assert.False(RemoteFailures.IsOutage(refused));
        Assert.Contains("permission denied", refused.Message);
        Assert.DoesNotContain("wrong", refused.Message);
        using var none = new TransitKey(
            new TransitKeyOptions { Address = new Uri("https://t.test"), Key = "k8s", Token = () => throw new IOException("absent"), Handler = () => transit }, time);
        Assert.True(RemoteFailures.IsOutage((await none.VersionAsync(default)).Failure!));
    }

    [Fact]
    public async Task Token_is_renewed_when_a_third_of_its_time_is_over()
    {
        using var key = TestPlugin.Transit(transit, time);
        await key.VersionAsync(default);
        await key.VersionAsync(default);
        Assert.Equal(1, transit.Requests["renew-self"]);
        time.Advance(TimeSpan.FromMinutes(21));
        await key.VersionAsync(default);
        Assert.Equal(2, transit.Requests["renew-self"]);
    }

    [Fact]
    public async Task A_token_that_cannot_be_renewed_serves_all_the_same()
    {
        transit.Refusals["renew-self"] = HttpStatusCode.Forbidden;
        using var key = TestPlugin.Transit(transit, time);
        Assert.True((await key.VersionAsync(default)).Succeeded);
    }

    [Fact]
    public async Task Namespace_and_request_header_are_sent()
    {
        using var key = new TransitKey(
            new TransitKeyOptions
            {
                Address = new Uri("https://t.test/"),
                Key = "k8s",
                Mount = "team/transit",
                Namespace = "a/b",
                Token = () => new SecretText(FakeTransit.Token),
                Handler = () => transit,
            },
            time);
        Assert.StartsWith("transit/team/transit/k8s/v1/", (await key.VersionAsync(default)).Value);
        Assert.Equal(("a/b", "true"), (transit.Headers["X-Vault-Namespace"], transit.Headers["X-Vault-Request"]));
    }

    [Fact]
    public async Task An_answer_of_something_else_is_refused()
    {
        using var key = Answering(HttpStatusCode.OK, """{"data":{}}""");
        Assert.Contains("is transit a transit engine?", (await key.VersionAsync(default)).Failure?.Message);
        using var local = SecretBytes.Random(32);
        Assert.False((await key.WrapAsync(local, default)).Succeeded);
        Assert.False((await key.UnwrapAsync(new WrappedKey("k", "vault:v1:x"u8.ToArray()), default)).Succeeded);
    }

    // Proxies, web servers without the route, a Kubernetes API server, a server that speaks TLS only.
    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "<html>")]
    [InlineData(HttpStatusCode.NotFound, "404 page not found")]
    [InlineData(HttpStatusCode.NotFound, "")]
    [InlineData(HttpStatusCode.NotFound, """{"kind":"Status","code":404}""")]
    [InlineData(HttpStatusCode.Forbidden, """{"errors":"no list"}""")]
    [InlineData(HttpStatusCode.Unauthorized, "<html>")]
    [InlineData(HttpStatusCode.BadRequest, "Client sent an HTTP request to an HTTPS server.")]
    [InlineData(HttpStatusCode.OK, "<html>please log in")]
    public async Task A_page_of_something_else_is_an_outage_and_no_refusal(HttpStatusCode status, string body)
    {
        using var key = Answering(status, body);
        using var local = SecretBytes.Random(32);
        foreach (var failure in new[]
        {
            (await key.VersionAsync(default)).Failure!,
            (await key.WrapAsync(local, default)).Failure!,
            (await key.UnwrapAsync(new WrappedKey("k", "vault:v1:x"u8.ToArray()), default)).Failure!,
        })
        {
            Assert.True(RemoteFailures.IsOutage(failure), failure.Message);
            Assert.Contains("something else", failure.Message);
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, """{"errors":["permission denied"]}""")]
    [InlineData(HttpStatusCode.NotFound, """{"errors":[]}""")]
    public async Task What_the_API_says_no_with_is_a_refusal_be_its_reasons_empty(HttpStatusCode status, string body)
    {
        using var key = Answering(status, body);
        Assert.Equal("kms.remote_refused", (await key.VersionAsync(default)).Failure?.Code);
    }

    [Fact]
    public async Task A_version_that_a_lagging_node_does_not_tell_of_is_an_outage_and_no_new_key_id()
    {
        using var key = TestPlugin.Transit(transit, time);
        await key.VersionAsync(default);
        transit.Rotate();
        transit.Lags = 1;
        using var local = SecretBytes.Random(32);
        var wrapped = await key.WrapAsync(local, default);
        Assert.True(RemoteFailures.IsOutage(wrapped.Failure!));
        Assert.Contains("lag behind", wrapped.Failure?.Message);
        transit.Lags = null;
        Assert.Equal("transit/transit/k8s/v2/1700000002", (await key.WrapAsync(local, default)).Value.KeyId);
    }

    [Fact]
    public async Task A_server_that_tells_no_version_yet_is_an_outage()
    {
        using var key = TestPlugin.Transit(transit, time);
        transit.Lags = 0;
        Assert.True(RemoteFailures.IsOutage((await key.VersionAsync(default)).Failure!));
    }

    // As other servers' JSON writers may put it.
    [Theory]
    [InlineData("=", "\\u003d")]
    [InlineData("=", "\\u003D")]
    [InlineData("/", "\\/")]
    [InlineData("+", "\\u002b")]
    [InlineData("A", "\\u0041")]
    public async Task A_key_is_read_from_base64_with_escapes(string from, string to)
    {
        using var key = TestPlugin.Transit(transit, time);
        await key.VersionAsync(default);
        transit.Escape = text => text.Replace(from, to, StringComparison.Ordinal);
        for (var i = 0; i < 20; i++)
        {
            using var local = SecretBytes.Random(32);
            using var unwrapped = (await key.UnwrapAsync((await key.WrapAsync(local, default)).Value, default)).Value;
            Assert.True(unwrapped.FixedTimeEquals(local.Span));
        }
    }

    [Theory]
    [InlineData("=", "\\n")]
    [InlineData("=", "\\u0141")]
    [InlineData("=", "")]
    public async Task What_is_no_base64_is_refused(string from, string to)
    {
        using var key = TestPlugin.Transit(transit, time);
        using var local = SecretBytes.Random(32);
        var wrapped = (await key.WrapAsync(local, default)).Value;
        transit.Escape = text => text.Replace(from, to, StringComparison.Ordinal);
        Assert.Equal("kms.remote_refused", (await key.UnwrapAsync(wrapped, default)).Failure?.Code);
    }

    private TransitKey Answering(HttpStatusCode status, string body) => new(
        new TransitKeyOptions { Address = new Uri("https://t.test/"), Key = "k8s", Token = () => new SecretText("x"), Handler = () => new Fixed(status, body) }, time);

    private sealed class Fixed(HttpStatusCode status, string body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body) });
    }
}
