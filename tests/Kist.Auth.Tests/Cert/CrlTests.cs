using Kist.Auth.Cert;
using Kist.Auth.Cert.Crls;
using Kist.Auth.Cert.Revocation;
using Kist.Core;
using Kist.Core.Tests;
using Kist.Core.Tests.Certificates;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Cert;

/// <summary>Revocation lists: which count, for what, and how they are fetched.</summary>
public sealed class CrlTests : IAsyncLifetime
{
    private const string Url = "http://crl.example/root.crl";

    private readonly TestPki root = TestPki.Root("root");
    private CertHost host = null!;

    public async Task InitializeAsync()
    {
        host = await CertHost.StartAsync();
        await host.RoleAsync("web", root.Pem);
    }

    public async Task DisposeAsync()
    {
        root.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_revoked_certificate_logs_in_no_more_and_others_do()
    {
        var (revoked, other) = (root.Client("a"), root.Client("b"));
        await host.LoginAsync(revoked.With());
        Assert.Empty((await host.WriteAsync("crls/Root", new { crl = root.Crl([revoked]) }).Ok()).Warnings);
        await host.RefusedAsync(revoked.With());
        await host.LoginAsync(other.With());
        await host.Node.DeleteAsync("auth/cert/crls/root").Ok();
        await host.LoginAsync(revoked.With());
    }

    [Fact]
    public async Task A_revoked_intermediate_takes_its_certificates_along_but_not_those_of_its_successor()
    {
        var intermediate = root.Intermediate("intermediate");
        var client = intermediate.Client("app");
        await host.WriteAsync("crls/root", new { crl = root.Crl([intermediate]) }).Ok();
        await host.RefusedAsync(client.With(intermediate));
        var successor = root.Intermediate("successor");
        await host.LoginAsync(successor.Client("app").With(successor));
    }

    [Fact]
    public async Task A_list_of_an_intermediate_counts_for_what_it_has_issued()
    {
        var intermediate = root.Intermediate("intermediate");
        var client = intermediate.Client("app");
        var warnings = (await host.WriteAsync("crls/i", new { crl = intermediate.Crl([client]) }).Ok()).Warnings;
        Assert.Contains("no authority of a role has signed the list", Assert.Single(warnings));
        await host.RefusedAsync(client.With(intermediate));
    }

    [Fact]
    public async Task A_list_that_another_key_has_signed_counts_for_nothing()
    {
        var client = root.Client("app");
        var lookAlike = TestPki.Root("root");
        Assert.Single((await host.WriteAsync("crls/root", new { crl = lookAlike.Crl([client]) }).Ok()).Warnings);
        await host.LoginAsync(client.With());
    }

    [Fact]
    public async Task A_serial_number_is_revoked_for_its_issuer_alone()
    {
        var other = TestPki.Root("other");
        await host.RoleAsync("other", other.Pem);
        var (mine, theirs) = (root.Issue(new Wanted { Serial = [7] }), other.Issue(new Wanted { Serial = [7] }));
        await host.WriteAsync("crls/root", new { crl = root.Crl([mine]) }).Ok();
        await host.RefusedAsync(mine.With());
        await host.LoginAsync(theirs.With());
    }

    [Fact]
    public async Task A_list_counts_on_when_it_has_ended_and_says_so_when_it_is_read()
    {
        var client = root.Issue(new Wanted { Serial = [0x0D] });
        var now = TimeProvider.System.GetUtcNow();
        var written = await host.WriteAsync("crls/root", new { crl = root.Crl([client], now.AddDays(-2), now.AddDays(-1)) }).Ok();
        Assert.Contains("the list ended at", Assert.Single(written.Warnings));
        await host.RefusedAsync(client.With());
        var read = await host.Node.ReadAsync("auth/cert/crls/ROOT").Ok();
        Assert.Contains("the list ended at", Assert.Single(read.Warnings));
        Assert.True(read.Json().GetProperty("expired").GetBoolean());
        Assert.Equal("13", Assert.Single(read.Json().GetProperty("serials").EnumerateObject()).Name);
        Assert.Equal("CN=root", read.Json().Text("issuer"));
        Assert.Equal("""{"keys":["root"]}""", (await host.Node.ListAsync("auth/cert/crls").Ok()).Json().GetRawText());
    }

    [Fact]
    public async Task A_single_certificate_is_revoked_by_the_list_of_an_issuer_that_the_role_names_too()
    {
        var (pinned, issuer) = (root.Client("pinned"), root);
        await host.RoleAsync("web", pinned.Pem);
        await host.WriteAsync("crls/root", new { crl = issuer.Crl([pinned]) }).Ok();
        await host.LoginAsync(pinned.With(issuer));
        await host.RoleAsync("web", pinned.Pem + "\n" + issuer.Pem);
        await host.RefusedAsync(pinned.With());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no list")]
    [InlineData("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    public async Task What_is_no_list_is_refused(string text) =>
        await host.WriteAsync("crls/root", new { crl = text }).Fails(FailureKind.Invalid);

    [Fact]
    public void A_list_that_was_changed_or_cut_is_read_as_another_or_not_at_all()
    {
        var client = root.Client("app");
        var good = CrlText.Read(root.Crl([client]))!;
        Assert.True(Crl.Parse(good).Value.IsOf(root.Certificate));
        for (var i = 0; i < good.Length; i++)
        {
            var changed = (byte[])good.Clone();
            changed[i] ^= 0x15;
            Assert.False(Crl.Parse(changed) is { Succeeded: true, Value: var read } && read.IsOf(root.Certificate), $"byte {i}");
            Assert.False(Crl.Parse(good[..i]).Succeeded);
        }
    }

    [Fact]
    public async Task A_list_is_fetched_and_fetched_again_when_it_is_due()
    {
        var clock = new ManualClock();
        clock.Advance(TimeProvider.System.GetUtcNow() - clock.GetUtcNow());
        await using var later = await CertHost.StartAsync(clock);
        await later.RoleAsync("web", root.Pem);
        var client = root.Client("app");
        var list = CrlText.Read(root.Crl([]))!;
        later.Network.Answers[Url] = _ => list;
        await later.WriteAsync("crls/root", new { url = Url }).Ok();
        await later.LoginAsync(client.With());

        list = CrlText.Read(root.Crl([client]))!;
        await TendAsync(later, clock);
        await later.LoginAsync(client.With());
        clock.Advance(TimeSpan.FromHours(1.1));
        await TendAsync(later, clock);
        await later.RefusedAsync(client.With());
        Assert.Equal(Url, (await later.Node.ReadAsync("auth/cert/crls/root").Ok()).Json().Text("url"));

        // Whoever stands in the way cannot bring an older one back, nor one of another's, nor nothing.
        foreach (var forged in (byte[]?[])
            [
                CrlText.Read(root.Crl([], thisUpdate: TimeProvider.System.GetUtcNow().AddHours(-1))), CrlText.Read(TestPki.Root("root").Crl([])),
                CrlText.Read(TestPki.Root("other").Crl([])), [1, 2, 3], null,
            ])
        {
            later.Network.Answers[Url] = _ => forged;
            clock.Advance(TimeSpan.FromHours(1.1));
            await Assert.ThrowsAsync<InvalidDataException>(() => TendAsync(later, clock));
            await later.RefusedAsync(client.With());
        }
    }

    [Theory]
    [InlineData("ftp://crl.example")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://me:secret@crl.example/")]
    [InlineData("http://nobody.example/")]
    public async Task A_list_that_cannot_be_fetched_is_refused(string url) =>
        Assert.DoesNotContain("secret", (await host.WriteAsync("crls/root", new { url }).Fails(FailureKind.Invalid)).Message);

    [Fact]
    public async Task A_list_that_is_too_long_is_refused()
    {
        host.Network.Answers[Url] = _ => new byte[(2 * Crl.MaxBytes) + 1];
        await host.WriteAsync("crls/root", new { url = Url }).Fails(FailureKind.Invalid);
        host.Network.Answers[Url] = _ => new byte[Crl.MaxBytes + 1];
        await host.WriteAsync("crls/root", new { url = Url }).Fails(FailureKind.Invalid);
    }

    private static async Task TendAsync(CertHost host, TimeProvider clock)
    {
        var table = await host.Node.Node.Mounts.CurrentAsync(default);
        Assert.True(table.TryResolve("auth/cert/login", out var mount));
        using var network = new ForwardingNetwork(host.Network);
        var storage = host.Node.Node.Barrier.ForMount(mount);
        await new CertMountType(clock, network).TendAsync(storage, Nothing(), default);
    }

    // Holds on every store: a key that nobody ever writes.
    private static Core.Storage.Precondition Nothing() => new(new Core.Storage.StoreKey("never"u8.ToArray()), 0);

    private sealed class ForwardingNetwork(FakeNetwork network) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker invoker = new(network, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            invoker.SendAsync(request, cancellationToken);
    }
}
