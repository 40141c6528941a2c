using System.Text.Json;
using Kist.Core.Certificates;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Certificates;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>The second proof that a role may require, whatever its method: a client certificate, and hours.</summary>
public sealed class LoginRequirementTests : IAsyncLifetime
{
    private static readonly SecretText Nobody = new("");

    private readonly MemoryStore store = new();
    private readonly TestPki root = TestPki.Root("root");
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new KnockMethod());
        await node.WriteAsync("sys/auth/knock", """{"type":"knock"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
        root.Dispose();
        Assert.Empty(node.Faults);
    }

    [Fact]
    public async Task A_login_needs_a_certificate_of_the_authority_as_well()
    {
        await RoleAsync(new { login_certificate_authorities = root.Pem });
        await KnockAsync(null).Fails(FailureKind.Denied);
        await KnockAsync(TestPki.Root("root").Client("app").With()).Fails(FailureKind.Denied);
        await KnockAsync(root.Issue(new Wanted { Usages = [TestPki.ServerUsage] }).With()).Fails(FailureKind.Denied);
        Assert.NotNull((await KnockAsync(root.Client("app").With()).Ok()).Auth);
        var intermediate = root.Intermediate("intermediate");
        Assert.NotNull((await KnockAsync(intermediate.Client("app").With(intermediate)).Ok()).Auth);
        await KnockAsync(intermediate.Client("app").With()).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task An_alternative_name_of_the_certificate_must_match()
    {
        await RoleAsync(new { login_certificate_authorities = root.Pem, login_certificate_names = "spiffe://example/ns/shop/*,*.shop.example" });
        Assert.NotNull((await KnockAsync(root.Issue(new Wanted { Uris = ["spiffe://example/ns/shop/sa/web"] }).With()).Ok()).Auth);
        Assert.NotNull((await KnockAsync(root.Issue(new Wanted { Dns = ["a.example", "web.shop.example"] }).With()).Ok()).Auth);
        await KnockAsync(root.Issue(new Wanted { Uris = ["spiffe://example/ns/bank/sa/web"] }).With()).Fails(FailureKind.Denied);
        await KnockAsync(root.Client("web.shop.example").With()).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task A_renewal_needs_it_again()
    {
        await RoleAsync(new { login_certificate_authorities = root.Pem, token_ttl = "1h" });
        var token = (await KnockAsync(root.Client("app").With()).Ok()).Auth!.ClientToken;
        await node.WriteAsync("auth/token/renew-self", "", token).Fails(FailureKind.Denied);
        await node.AskAsync(Operation.Update, "auth/token/renew-self", "", token, certificate: root.Client("app").With()).Ok();
        await RoleAsync(new { login_certificate_authorities = "", token_ttl = "1h" });
        await node.WriteAsync("auth/token/renew-self", "", token).Ok();
    }

    [Fact]
    public async Task A_login_at_another_time_is_refused()
    {
        var now = TimeProvider.System.GetUtcNow();
        var today = now.ToString("ddd", System.Globalization.CultureInfo.InvariantCulture);
        var later = now.AddDays(2).ToString("ddd", System.Globalization.CultureInfo.InvariantCulture);
        var latest = now.AddDays(4).ToString("ddd", System.Globalization.CultureInfo.InvariantCulture);
        await RoleAsync(new { login_hours = new[] { $"{later} 00:00-24:00", $"{latest} 00:00-24:00" } });
        await KnockAsync(null).Fails(FailureKind.Denied);
        // The next day too, should it begin meanwhile.
        await RoleAsync(new { login_hours = new[] { $"{today}-{now.AddDays(1):ddd} 00:00-24:00" } });
        await KnockAsync(null).Ok();
    }

    [Theory]
    [InlineData("login_certificate_authorities", "nothing")]
    [InlineData("login_certificate_names", "*.example")]
    [InlineData("login_hours", "always")]
    [InlineData("login_hours", "08:00")]
    [InlineData("login_hours", "8:00-9:00")]
    [InlineData("login_hours", "08:00-08:00")]
    [InlineData("login_hours", "24:00-08:00")]
    [InlineData("login_hours", "Mon-Tue-Wed 08:00-18:00")]
    [InlineData("login_hours", "Someday 08:00-18:00")]
    [InlineData("login_hours", "Mon 08:00-18:00 UTC")]
    public async Task What_makes_no_sense_is_named(string field, string value)
    {
        var body = JsonSerializer.Serialize(new Dictionary<string, string> { [field] = value });
        Assert.Contains(field, (await node.WriteAsync("auth/knock/role/bob", body).Fails(FailureKind.Invalid)).Message);
    }

    [Fact]
    public async Task A_certificate_that_vouches_for_nobody_is_no_authority()
    {
        var body = JsonSerializer.Serialize(new { login_certificate_authorities = root.Client("app").Pem });
        await node.WriteAsync("auth/knock/role/bob", body).Fails(FailureKind.Invalid);
    }

    [Theory]
    [InlineData("08:00-18:00", "2026-11-27T08:00", true)]
    [InlineData("08:00-18:00", "2026-11-27T18:00", false)]
    [InlineData("Mon-Fri 08:00-18:00", "2026-11-27T12:00", true)]
    [InlineData("Mon-Fri 08:00-18:00", "2026-11-28T12:00", false)]
    [InlineData("sat-mon 00:00-24:00", "2026-11-29T23:59", true)]
    [InlineData("Sat-Mon 00:00-24:00", "2026-11-27T23:59", false)]
    [InlineData("Fri 22:00-06:00", "2026-11-28T05:59", true)]
    [InlineData("Fri 22:00-06:00", "2026-11-28T22:30", false)]
    [InlineData("Fri 22:00-06:00", "2026-11-27T05:00", false)]
    [InlineData("Sat 22:00-06:00", "2026-11-29T01:00", true)]
    public void Hours_are_of_their_day_and_in_utc(string window, string time, bool contained)
    {
        Assert.True(TimeWindow.TryParse(window, out var parsed));
        var utc = DateTimeOffset.Parse(time + "Z", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(contained, parsed.Contains(utc));
        Assert.Equal(contained, parsed.Contains(utc.ToOffset(TimeSpan.FromHours(9))));
    }

    [Fact]
    public void Hours_that_were_never_read_include_no_time() => Assert.False(default(TimeWindow).Contains(DateTimeOffset.UnixEpoch));

    private Task<Response> RoleAsync(object settings) => node.WriteAsync("auth/knock/role/bob", JsonSerializer.Serialize(settings)).Ok();

    private Task<Response> KnockAsync(ClientCertificate? certificate) =>
        node.AskAsync(Operation.Update, "auth/knock/login/bob", "", Nobody, certificate: certificate);
}
