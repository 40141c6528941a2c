using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Core.Certificates;
using Kist.Core.Tests.Certificates;

namespace Kist.Auth.Tests.Cert;

/// <summary>Chains that lead to a role's authority, and those that only look as if they did.</summary>
public sealed class ChainTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

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
    public async Task A_certificate_of_the_authority_logs_in() => await host.LoginAsync(root.Client("app").With());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keys_of_rsa_and_signatures_of_more_bits_are_good(bool rsa)
    {
        var authority = TestPki.SelfSigned(Wanted.AnAuthority("other") with { Hash = HashAlgorithmName.SHA512 }, rsa ? 2048 : 0);
        await host.RoleAsync("web", authority.Pem);
        await host.LoginAsync(authority.Issue(new Wanted { Hash = HashAlgorithmName.SHA384 }, rsa ? 2048 : 0).With());
    }

    [Fact]
    public async Task An_intermediate_must_be_sent_along()
    {
        var intermediate = root.Intermediate("intermediate");
        var deeper = intermediate.Intermediate("deeper");
        var client = deeper.Client("app");
        await host.LoginAsync(client.With(deeper, intermediate));
        await host.LoginAsync(client.With(root, intermediate, deeper));
        await host.RefusedAsync(client.With(deeper));
        await host.RefusedAsync(client.With());
    }

    [Fact]
    public async Task An_authority_that_has_an_issuer_of_its_own_is_trusted_by_itself()
    {
        var intermediate = root.Intermediate("intermediate");
        await host.RoleAsync("web", intermediate.Pem);
        await host.LoginAsync(intermediate.Client("app").With());
        await host.LoginAsync(intermediate.Client("app").With(intermediate));
        await host.LoginAsync(intermediate.Client("app").With(intermediate, root));
        // What its issuer has issued besides is not its own.
        await host.RefusedAsync(root.Client("app").With());
        await host.RefusedAsync(root.Client("app").With(intermediate, root));
    }

    [Fact]
    public async Task An_authority_that_has_an_issuer_of_its_own_ends_when_it_says()
    {
        var ended = root.Issue(Wanted.AnAuthority("ended") with { Until = Now.AddMinutes(-1) });
        await host.RoleAsync("web", ended.Pem);
        await host.RefusedAsync(ended.Client("app").With());
    }

    [Fact]
    public async Task One_of_several_authorities_is_enough_also_of_the_same_name()
    {
        var twin = TestPki.Root("root");
        var third = TestPki.Root("third");
        await host.RoleAsync("web", root.Pem + "\n" + twin.Pem + "\n" + third.Pem);
        foreach (var authority in (TestPki[])[root, twin, third])
            await host.LoginAsync(authority.Client("app").With());
    }

    [Fact]
    public async Task The_name_of_the_authority_with_another_key_is_another_authority()
    {
        var lookAlike = TestPki.Root("root");
        await host.RefusedAsync(lookAlike.Client("app").With());
        await host.RefusedAsync(lookAlike.Client("app").With(lookAlike));
        await host.RefusedAsync(lookAlike.Client("app").With(lookAlike, root));
        // Not its own issuer, so that it is not taken for a root.
        var other = TestPki.Root("other");
        var issued = other.Issue(Wanted.AnAuthority("root"));
        await host.RefusedAsync(issued.Client("app").With(issued, other));
        await host.RefusedAsync(issued.Client("app").With(issued, root));
        // With the authority's serial number as well.
        var twin = TestPki.SelfSigned(Wanted.AnAuthority("root") with { Serial = root.Certificate.SerialNumberBytes.ToArray() });
        await host.RefusedAsync(twin.Client("app").With(twin));
    }

    [Fact]
    public async Task A_look_alike_sent_along_does_not_get_in_the_way_of_a_good_chain()
    {
        var lookAlike = TestPki.Root("root");
        await host.LoginAsync(root.Client("app").With(lookAlike));
    }

    [Fact]
    public async Task What_one_who_is_no_authority_signs_counts_for_nothing()
    {
        var client = root.Client("app");
        await host.RefusedAsync(client.Issue(new Wanted { Subject = "CN=boss" }).With(client));
        foreach (var wrong in (Wanted[])
            [
                Wanted.AnAuthority("intermediate") with { Authority = null },
                Wanted.AnAuthority("intermediate") with { Authority = false },
                Wanted.AnAuthority("intermediate") with { KeyUsage = X509KeyUsageFlags.DigitalSignature },
                Wanted.AnAuthority("intermediate") with { Authority = null, KeyUsage = null },
            ])
        {
            var intermediate = root.Issue(wrong);
            await host.RefusedAsync(intermediate.Client("app").With(intermediate));
        }
    }

    [Fact]
    public async Task A_path_longer_than_an_authority_allows_is_none()
    {
        var last = root.Issue(Wanted.AnAuthority("last") with { PathLength = 0 });
        await host.LoginAsync(last.Client("app").With(last));
        var beyond = last.Intermediate("beyond");
        await host.RefusedAsync(beyond.Client("app").With(beyond, last));
    }

    [Fact]
    public async Task Whatever_is_not_valid_now_breaks_the_chain()
    {
        await host.RefusedAsync(root.Issue(new Wanted { Until = Now.AddMinutes(-1) }).With());
        await host.RefusedAsync(root.Issue(new Wanted { From = Now.AddHours(1) }).With());
        var ended = root.Issue(Wanted.AnAuthority("ended") with { Until = Now.AddMinutes(-1) });
        await host.RefusedAsync(ended.Client("app").With(ended));
        var endedRoot = TestPki.SelfSigned(Wanted.AnAuthority("ended root") with { Until = Now.AddMinutes(-1) });
        Assert.Contains("not valid now", Assert.Single((await host.RoleAsync("web", endedRoot.Pem)).Warnings));
        await host.RefusedAsync(endedRoot.Client("app").With());
    }

    [Fact]
    public async Task A_certificate_for_another_usage_is_none_for_a_client()
    {
        await host.RefusedAsync(root.Issue(new Wanted { Usages = [] }).With());
        await host.RefusedAsync(root.Issue(new Wanted { Usages = [TestPki.ServerUsage] }).With());
        await host.RefusedAsync(root.Issue(new Wanted { KeyUsage = X509KeyUsageFlags.KeyEncipherment }).With());
        await host.LoginAsync(root.Issue(new Wanted { Usages = ["2.5.29.37.0"] }).With());
        await host.LoginAsync(root.Issue(new Wanted { Usages = [TestPki.ServerUsage, TestPki.ClientUsage], KeyUsage = null }).With());
        var servers = root.Issue(Wanted.AnAuthority("servers") with { Usages = [TestPki.ServerUsage] });
        await host.RefusedAsync(servers.Client("app").With(servers));
        var clients = root.Issue(Wanted.AnAuthority("clients") with { Usages = [TestPki.ClientUsage] });
        await host.LoginAsync(clients.Client("app").With(clients));
    }

    [Fact]
    public async Task Constraints_of_names_are_kept()
    {
        // Permits DNS names under example.org alone (RFC 5280 section 4.2.1.10).
        byte[] permitted = [0x30, 0x11, 0xA0, 0x0F, 0x30, 0x0D, 0x82, 0x0B, .. "example.org"u8];
        var constrained = root.Issue(Wanted.AnAuthority("constrained") with { More = [new X509Extension("2.5.29.30", permitted, true)] });
        await host.LoginAsync(constrained.Issue(new Wanted { Dns = ["app.example.org"] }).With(constrained));
        await host.RefusedAsync(constrained.Issue(new Wanted { Dns = ["app.example.com"] }).With(constrained));
        await host.RefusedAsync(constrained.Issue(new Wanted { Dns = ["app.example.org", "app.example.com"] }).With(constrained));
        // Those of the authority that the role names hold as well, whether it has an issuer or not.
        await host.RoleAsync("web", constrained.Pem);
        await host.LoginAsync(constrained.Issue(new Wanted { Dns = ["app.example.org"] }).With());
        await host.RefusedAsync(constrained.Issue(new Wanted { Dns = ["app.example.com"] }).With());
        var alone = TestPki.SelfSigned(Wanted.AnAuthority("alone") with { More = [new X509Extension("2.5.29.30", permitted, true)] });
        await host.RoleAsync("web", alone.Pem);
        await host.RefusedAsync(alone.Issue(new Wanted { Dns = ["app.example.com"] }).With());
    }

    [Fact]
    public async Task Old_hashes_and_small_keys_are_not_believed()
    {
        await host.RefusedAsync(root.Issue(new Wanted { Hash = HashAlgorithmName.SHA1 }).With());
        var small = TestPki.SelfSigned(Wanted.AnAuthority("small"), 1024);
        await host.RoleAsync("web", small.Pem);
        await host.RefusedAsync(small.Client("app").With());
    }

    [Fact]
    public async Task A_critical_extension_that_nobody_understands_is_refused() =>
        await host.RefusedAsync(root.Issue(new Wanted { More = [new X509Extension("1.2.3.4.5", [5, 0], true)] }).With());

    [Fact]
    public async Task What_says_one_thing_twice_is_refused()
    {
        // An extension that nobody knows, 2.5.29.99, becomes another extended key usage, 2.5.29.37.
        var usage = new X509EnhancedKeyUsageExtension([new Oid(TestPki.ClientUsage)], false).RawData;
        foreach (var first in (string[])[TestPki.ServerUsage, TestPki.ClientUsage])
        {
            var issued = root.Issue(new Wanted { Usages = [first], More = [new X509Extension("2.5.29.99", usage, false)] });
            if (first == TestPki.ClientUsage)
                await host.LoginAsync(root.SignChanged(issued, content => content));
            await host.RefusedOrUnreadAsync(root.SignChanged(issued, content =>
            {
                content[content.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x55, 0x1D, 99]) + 2] = 37;
                return content;
            }));
        }
    }

    [Fact]
    public async Task A_certificate_that_was_changed_or_cut_is_refused()
    {
        var good = root.Client("app").Certificate.RawData;
        for (var i = 0; i < good.Length; i += 3)
        {
            var changed = (byte[])good.Clone();
            changed[i] ^= 0x21;
            await host.RefusedOrUnreadAsync(new ClientCertificate(changed, []));
            await host.RefusedOrUnreadAsync(new ClientCertificate(good.AsMemory(0, i), []));
        }
    }

    [Fact]
    public async Task More_certificates_than_anybody_needs_are_not_looked_at()
    {
        var client = root.Client("app");
        await host.LoginAsync(client.With([.. Enumerable.Repeat(root, ClientCertificate.MaxOthers)]));
        await host.RefusedOrUnreadAsync(client.With([.. Enumerable.Repeat(root, ClientCertificate.MaxOthers + 1)]));
    }

    [Fact]
    public async Task More_names_than_anybody_needs_are_not_looked_at()
    {
        var names = Enumerable.Range(0, CertificateNames.Most).Select(i => $"n{i}.example").ToList();
        await host.LoginAsync(root.Issue(new Wanted { Dns = names }).With());
        await host.RefusedOrUnreadAsync(root.Issue(new Wanted { Dns = [.. names, "one.more.example"] }).With());
    }

    [Fact]
    public async Task A_single_certificate_is_that_very_one()
    {
        var pinned = TestPki.SelfSigned(new Wanted { Subject = "CN=single" });
        var issued = root.Client("issued");
        await host.RoleAsync("web", pinned.Pem + "\n" + issued.Pem);
        await host.LoginAsync(pinned.With());
        await host.LoginAsync(issued.With());
        await host.RefusedAsync(root.Client("issued").With());
        await host.RefusedAsync(TestPki.SelfSigned(new Wanted { Subject = "CN=single", Serial = pinned.Certificate.SerialNumberBytes.ToArray() }).With());
        await host.RefusedAsync(pinned.Issue(new Wanted { Subject = "CN=of the single" }).With(pinned));
        var ended = TestPki.SelfSigned(new Wanted { Until = Now.AddMinutes(-1) });
        await host.RoleAsync("web", ended.Pem);
        await host.RefusedAsync(ended.With());
    }

    [Fact]
    public async Task An_authority_logs_nobody_in_by_itself() => await host.RefusedAsync(root.With());
}
