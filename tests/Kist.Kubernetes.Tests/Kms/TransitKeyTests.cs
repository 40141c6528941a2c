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
        using var key = new TransitKey(
            new TransitKeyOptions { Address = new Uri("https://t.test/"), Key = "k8s", Token = () => new SecretText("x"), Handler = static () => new Page() }, time);
        Assert.Contains("is transit a transit engine?", (await key.VersionAsync(default)).Failure?.Message);
        using var local = SecretBytes.Random(32);
        Assert.False((await key.WrapAsync(local, default)).Succeeded);
        Assert.False((await key.UnwrapAsync(new WrappedKey("k", "vault:v1:x"u8.ToArray()), default)).Succeeded);
    }

    private sealed class Page : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>") });
    }
}
