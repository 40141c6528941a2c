using Kist.Auth.Tests.Keys;
using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Crypto.Tests.Jose;

namespace Kist.Auth.Tests.Jwt;

/// <summary>Keys that an issuer publishes: how they are found, kept and given up.</summary>
public sealed class JwtKeysTests : IAsyncLifetime
{
    private readonly FakePublisher publisher = new();
    private readonly TestSigner first = TestSigner.Ec("k1");
    private readonly TestSigner second = TestSigner.Ec("k2");
    private JwtMount mount = null!;

    private string Issuer => publisher.Address;

    public async Task InitializeAsync()
    {
        mount = await JwtMount.CreateAsync();
        publisher.Publish("/keys", TestSigner.SetOf(first));
        publisher.Publish("/.well-known/openid-configuration", $$"""{"issuer":"{{Issuer}}","jwks_uri":"{{Issuer}}/keys"}""");
    }

    public async Task DisposeAsync()
    {
        await mount.DisposeAsync();
        await publisher.DisposeAsync();
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task Keys_are_found_at_an_address_and_kept()
    {
        await StartAsync();
        var asked = publisher.Asked;
        for (var i = 0; i < 20; i++)
            await mount.AskAsync(Token(first)).Ok();
        Assert.Equal(asked, publisher.Asked);
        await mount.AskAsync(Token(first), at: mount.Other).Ok();
        Assert.Equal(asked + 1, publisher.Asked);
    }

    [Fact]
    public async Task A_new_key_is_fetched_when_a_token_names_it()
    {
        await StartAsync();
        publisher.Publish("/keys", TestSigner.SetOf(first, second));
        mount.Clock.Advance(TimeSpan.FromSeconds(31));
        await mount.LoginAsync(Token(second));
        await mount.LoginAsync(Token(first));
    }

    [Fact]
    public async Task A_flood_of_unknown_keys_is_no_flood_of_fetches()
    {
        await StartAsync();
        var asked = publisher.Asked;
        var tokens = Enumerable.Range(0, 50).Select(i => first.SignUnder($$"""{"alg":"ES256","kid":"unknown{{i}}"}""", Claims())).ToList();
        await Task.WhenAll(tokens.Select(t => mount.AskAsync(t)));
        Assert.Equal(asked, publisher.Asked);
        mount.Clock.Advance(TimeSpan.FromSeconds(31));
        foreach (var failed in await Task.WhenAll(tokens.Select(t => mount.AskAsync(t))))
            Assert.Equal("jwt.not_verified", failed.Failure?.Code);
        Assert.Equal(asked + 1, publisher.Asked);
        // A known key's name under another's signature asks nobody.
        mount.Clock.Advance(TimeSpan.FromSeconds(31));
        await mount.AskAsync(second.SignUnder("""{"alg":"ES256","kid":"k1"}""", Claims())).Fails(FailureKind.Denied);
        Assert.Equal(asked + 1, publisher.Asked);
    }

    [Fact]
    public async Task A_key_that_is_withdrawn_is_not_trusted_for_long()
    {
        await StartAsync();
        publisher.Publish("/keys", TestSigner.SetOf(second));
        await mount.AskAsync(Token(first)).Ok();
        mount.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("jwt.not_verified", (await mount.RefusedAsync(Token(first), FailureKind.Denied)).Code);
        await mount.LoginAsync(Token(second));
    }

    [Fact]
    public async Task While_the_issuer_is_silent_its_last_keys_serve_for_an_hour()
    {
        await StartAsync();
        await mount.LoginAsync(Token(first));
        publisher.IsDown = true;
        mount.Clock.Advance(TimeSpan.FromMinutes(59));
        await mount.LoginAsync(Token(first));
        mount.Clock.Advance(TimeSpan.FromMinutes(2));
        var asked = publisher.Asked;
        var failure = await mount.RefusedAsync(Token(first), FailureKind.Unavailable);
        Assert.DoesNotContain(publisher.Address, failure.Message);
        // Each node has asked once; asking on and on would not help.
        for (var i = 0; i < 10; i++)
            await mount.RefusedAsync(Token(first), FailureKind.Unavailable);
        Assert.Equal(asked + 2, publisher.Asked);
        Assert.Contains("503", (await mount.Node.ReadAsync("auth/jwt/config").Ok()).Json().Text("status"));
        publisher.IsDown = false;
        mount.Clock.Advance(TimeSpan.FromSeconds(6));
        await mount.LoginAsync(Token(first));
        Assert.Equal("valid", (await mount.Node.ReadAsync("auth/jwt/config").Ok()).Json().Text("status"));
    }

    [Fact]
    public async Task Nobody_waits_for_an_issuer_that_is_known_to_be_silent()
    {
        await StartAsync();
        await mount.AskAsync(Token(first)).Ok();
        publisher.IsDown = true;
        mount.Clock.Advance(TimeSpan.FromMinutes(6));
        await mount.AskAsync(Token(first)).Ok();
        // It hangs now, and is asked again; logins go on by the last keys.
        publisher.HangUntil = new TaskCompletionSource();
        mount.Clock.Advance(TimeSpan.FromSeconds(6));
        for (var i = 0; i < 3; i++)
            await mount.AskAsync(Token(first)).Ok();
        publisher.HangUntil.SetResult();
    }

    [Fact]
    public async Task A_provider_is_discovered_and_speaks_for_itself_alone()
    {
        await mount.ConfigureAsync(new { oidc_discovery_url = Issuer }).Ok();
        await RoleAsync();
        await mount.LoginAsync(Token(first));
        Assert.Equal("jwt.wrong_issuer", (await mount.RefusedAsync(first.Sign(Claims("https://other.test")), FailureKind.Denied)).Code);
        await mount.ConfigureAsync(new { oidc_discovery_url = Issuer, bound_issuer = "https://other.test" }).Ok();
        Assert.Equal("jwt.wrong_issuer", (await mount.RefusedAsync(first.Sign(Claims("https://other.test")), FailureKind.Denied)).Code);
    }

    [Theory]
    [InlineData("""{"issuer":"https://other.test","jwks_uri":"{0}/keys"}""", "another name")]
    [InlineData("""{"issuer":"{0}/","jwks_uri":"{0}/keys"}""", "another name")]
    [InlineData("""{"issuer":"{0}"}""", "no address")]
    [InlineData("""{"issuer":"{0}","jwks_uri":"file:///etc/passwd"}""", "no address")]
    [InlineData("""{"issuer":"{0}","jwks_uri":"http://169.254.169.254/keys"}""", "no address")]
    [InlineData("""{"issuer":"{0}","jwks_uri":"https://169.254.169.254/keys"}""", "never asked")]
    [InlineData("""{"issuer":"{0}","jwks_uri":"{0}/absent"}""", "404")]
    [InlineData("<html>", "JSON")]
    public async Task A_provider_that_does_not_add_up_is_refused(string document, string reason)
    {
        publisher.Publish("/.well-known/openid-configuration", document.Replace("{0}", Issuer));
        Assert.Contains(reason, (await mount.ConfigureAsync(new { oidc_discovery_url = Issuer }).Fails(FailureKind.Invalid)).Message);
        var stored = await mount.ConfigureAsync(new { oidc_discovery_url = Issuer, skip_jwks_validation = true }).Ok();
        Assert.Contains(reason, Assert.Single(stored.Warnings));
        await RoleAsync();
        await mount.RefusedAsync(Token(first), FailureKind.Unavailable);
    }

    [Fact]
    public async Task New_settings_mean_new_keys()
    {
        await StartAsync();
        publisher.Publish("/others", TestSigner.SetOf(second));
        await mount.LoginAsync(Token(first));
        await mount.ConfigureAsync(new { jwks_url = Issuer + "/others" }).Ok();
        await mount.LoginAsync(Token(second));
        await mount.RefusedAsync(Token(first), FailureKind.Denied);
    }

    private async Task StartAsync()
    {
        await mount.ConfigureAsync(new { jwks_url = Issuer + "/keys" }).Ok();
        await RoleAsync();
        await mount.AskAsync(Token(first)).Ok();
    }

    private Task<Core.Pipeline.Response> RoleAsync() => mount.RoleAsync("ci", """{"user_claim":"sub","bound_audiences":"kist"}""").Ok();

    private string Claims(string? issuer = null) => $$"""{"iss":"{{issuer ?? Issuer}}","sub":"x","aud":"kist","iat":{{mount.Now}},"exp":{{mount.Now + 600}}}""";

    private string Token(TestSigner signer) => signer.Sign(Claims());
}
