using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Kist.Auth.Cert.Revocation;
using Kist.Core.Tests.Certificates;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Cert;

/// <summary>OCSP: whose answers count, and what happens without one.</summary>
public sealed class OcspTests : IAsyncLifetime
{
    private const string Url = "http://ocsp.example/";
    private const string Second = "http://second.example/";

    private readonly TestPki root = TestPki.Root("root");
    private CertHost host = null!;

    public async Task InitializeAsync() => host = await CertHost.StartAsync();

    public async Task DisposeAsync()
    {
        root.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task The_server_that_the_certificate_names_is_asked()
    {
        await host.RoleAsync("web", root.Pem, new { ocsp_enabled = true });
        var client = root.Issue(new Wanted { More = [new X509AuthorityInformationAccessExtension([Url], null)] });
        host.Network.Answers[Url] = new Responder(root) { NextUpdate = TimeProvider.System.GetUtcNow().AddHours(1) }.Answer;
        await host.LoginAsync(client.With());
        host.Network.Answers[Url] = new Responder(root) { Status = 1 }.Answer;
        await host.LoginAsync(client.With());
        Assert.Equal(1, host.Network.Asked);
        await host.WriteAsync("config", new { ocsp_cache_size = 0 }).Ok();
        await host.WriteAsync("certs/web", new { display_name = "another revision" }).Ok();
        await host.RefusedAsync(client.With());
        Assert.Equal(2, host.Network.Asked);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public async Task Only_a_good_certificate_logs_in(int status, bool good)
    {
        await EnableAsync();
        host.Network.Answers[Url] = new Responder(root) { Status = status }.Answer;
        await AssertAsync(good, root.Client("app"));
    }

    [Fact]
    public async Task Without_an_answer_nobody_logs_in_unless_the_role_fails_open()
    {
        await EnableAsync();
        var client = root.Client("app");
        await AssertAsync(false, client);
        await host.WriteAsync("certs/web", new { ocsp_fail_open = true }).Ok();
        await AssertAsync(true, client);
        host.Network.Answers[Url] = new Responder(root) { Status = 1 }.Answer;
        await AssertAsync(false, client);
        await host.WriteAsync("certs/web", new { ocsp_fail_open = false, ocsp_servers_override = "" }).Ok();
        await AssertAsync(false, client);
    }

    [Fact]
    public async Task An_answer_that_its_signer_may_not_give_counts_for_nothing()
    {
        await EnableAsync();
        var client = root.Client("app");
        var delegated = root.Issue(new Wanted { Subject = "CN=ocsp", Usages = [Responder.Usage] });
        var ended = root.Issue(new Wanted { Subject = "CN=ocsp", Usages = [Responder.Usage], Until = TimeProvider.System.GetUtcNow().AddMinutes(-1) });
        var stranger = TestPki.Root("root");
        foreach (var (responder, good) in (ValueTuple<Responder, bool>[])
            [
                (new Responder(root) { Signer = stranger }, false),
                (new Responder(root) { Signer = stranger, Sent = [stranger] }, false),
                (new Responder(root) { Signer = client, Sent = [client] }, false),
                (new Responder(root) { Signer = ended, Sent = [ended] }, false),
                (new Responder(root) { Signer = delegated }, false),
                (new Responder(root) { Signer = delegated, Sent = [client, delegated] }, true),
            ])
        {
            host.Network.Answers[Url] = responder.Answer;
            await AssertAsync(good, client);
        }
    }

    [Fact]
    public async Task A_signer_that_the_role_names_may_answer()
    {
        await EnableAsync();
        var client = root.Client("app");
        var own = TestPki.Root("validation");
        host.Network.Answers[Url] = new Responder(root) { Signer = own }.Answer;
        await AssertAsync(false, client);
        await host.WriteAsync("certs/web", new { ocsp_ca_certificates = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(own.Pem)) }).Ok();
        await AssertAsync(true, client);
    }

    [Fact]
    public async Task An_answer_of_another_time_or_to_another_question_counts_for_nothing()
    {
        await EnableAsync();
        var client = root.Client("app");
        var now = TimeProvider.System.GetUtcNow();
        foreach (var responder in (Responder[])
            [
                new(root) { ThisUpdate = now.AddHours(-3), NextUpdate = now.AddHours(-1) },
                new(root) { ThisUpdate = now.AddHours(1), NextUpdate = now.AddHours(2) },
                new(root) { ThisUpdate = now.AddHours(-30) },
                new(root) { Nonce = [4, 3, 1, 2, 3] },
                new(root) { Serial = 99 },
                new(TestPki.Root("root")) { Signer = root },
                new(root) { Outer = 6 },
            ])
        {
            host.Network.Answers[Url] = responder.Answer;
            await AssertAsync(false, client);
        }
    }

    [Fact]
    public async Task An_answer_that_was_changed_or_cut_counts_for_nothing()
    {
        await EnableAsync();
        var client = root.Client("app");
        byte[] good = [];
        host.Network.Answers[Url] = request => good = new Responder(root).Answer(request)!;
        await AssertAsync(true, client);
        for (var i = 0; i < good.Length; i += 3)
        {
            var at = i;
            host.Network.Answers[Url] = request => [.. new Responder(root).Answer(request)!.SkipLast(1).Take(at)];
            await AssertAsync(false, client);
        }
        host.Network.Answers[Url] = _ => new byte[1 << 20];
        await AssertAsync(false, client);
    }

    [Fact]
    public async Task All_servers_must_agree_when_the_role_says_so()
    {
        await EnableAsync(Url + "," + Second);
        var client = root.Client("app");
        host.Network.Answers[Url] = new Responder(root).Answer;
        host.Network.Answers[Second] = new Responder(root) { Status = 1 }.Answer;
        await AssertAsync(true, client);
        await host.WriteAsync("certs/web", new { ocsp_query_all_servers = true }).Ok();
        await AssertAsync(false, client);
        host.Network.Answers.Remove(Second);
        await AssertAsync(false, client);
        host.Network.Answers[Second] = new Responder(root).Answer;
        await AssertAsync(true, client);
    }

    [Fact]
    public async Task Nobody_makes_the_server_ask_for_a_certificate_that_is_not_good_otherwise()
    {
        await EnableAsync();
        host.Network.Answers[Url] = new Responder(root).Answer;
        await AssertAsync(false, TestPki.Root("root").Client("app"));
        Assert.Equal(0, host.Network.Asked);
    }

    private async Task EnableAsync(string servers = Url)
    {
        await host.RoleAsync("web", root.Pem, new { ocsp_enabled = true, ocsp_servers_override = servers });
        await host.WriteAsync("config", new { ocsp_cache_size = 0 }).Ok();
    }

    private Task AssertAsync(bool good, TestPki client) => good ? host.LoginAsync(client.With()) : host.RefusedAsync(client.With());

    /// <summary>An OCSP server that answers as it is told to.</summary>
    private sealed record Responder(TestPki Issuer)
    {
        public const string Usage = "1.3.6.1.5.5.7.3.9";

        private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

        /// <summary>0 good, 1 revoked, 2 unknown.</summary>
        public int Status { get; init; }

        /// <summary>0 successful.</summary>
        public byte Outer { get; init; }

        public DateTimeOffset ThisUpdate { get; init; } = Now.AddMinutes(-1);

        public DateTimeOffset? NextUpdate { get; init; }

        public TestPki Signer { get; init; } = Issuer;

        public IReadOnlyList<TestPki> Sent { get; init; } = [];

        /// <summary>In place of the request's.</summary>
        public byte[]? Nonce { get; init; }

        public int? Serial { get; init; }

        public byte[]? Answer(byte[] request)
        {
            var asked = new AsnReader(request, AsnEncodingRules.DER).ReadSequence().ReadSequence();
            var id = asked.ReadSequence().ReadSequence().ReadSequence();
            var nonce = asked.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 2)).ReadSequence().ReadSequence();
            Assert.Equal("1.3.6.1.5.5.7.48.1.2", nonce.ReadObjectIdentifier());
            var signed = Data(id, Nonce ?? nonce.ReadOctetString());
            var basic = Write(w =>
            {
                w.WriteEncodedValue(signed);
                using (w.PushSequence())
                    w.WriteObjectIdentifier("1.2.840.10045.4.3.2");
                w.WriteBitString(Signer.Sign(signed));
                if (Sent.Count == 0)
                    return;
                using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                using (w.PushSequence())
                {
                    foreach (var one in Sent)
                        w.WriteEncodedValue(one.Certificate.RawData);
                }
            });
            return Write(w =>
            {
                w.WriteEncodedValue([10, 1, Outer]);
                using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                using (w.PushSequence())
                {
                    w.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.1");
                    w.WriteOctetString(basic);
                }
            });
        }

        private byte[] Data(AsnReader asked, byte[] nonce) => Write(w =>
        {
            using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
                w.WriteEncodedValue(Signer.Certificate.SubjectName.RawData);
            w.WriteGeneralizedTime(Now, omitFractionalSeconds: true);
            using (w.PushSequence())
            using (w.PushSequence())
            {
                WriteId(w, asked);
                w.WriteEncodedValue(Status switch { 0 => (byte[])[0x80, 0], 1 => [0xA1, 0x11, 0x18, 0x0F, .. "20260101000000Z"u8], _ => [0x82, 0] });
                w.WriteGeneralizedTime(ThisUpdate, omitFractionalSeconds: true);
                if (NextUpdate is { } next)
                {
                    using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                        w.WriteGeneralizedTime(next, omitFractionalSeconds: true);
                }
            }
            using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (w.PushSequence())
            using (w.PushSequence())
            {
                w.WriteObjectIdentifier("1.3.6.1.5.5.7.48.1.2");
                w.WriteOctetString(nonce);
            }
        });

        private void WriteId(AsnWriter w, AsnReader asked)
        {
            using (w.PushSequence())
            {
                w.WriteEncodedValue(asked.ReadEncodedValue().Span);
                w.WriteEncodedValue(asked.ReadEncodedValue().Span);
                _ = asked.ReadOctetString();
                w.WriteOctetString(OcspCertificateId.Of(Issuer.Certificate, Issuer.Certificate)!.IssuerKey);
                if (Serial is { } serial)
                    w.WriteInteger(serial);
                else
                    w.WriteEncodedValue(asked.ReadEncodedValue().Span);
            }
        }

        private static byte[] Write(Action<AsnWriter> content)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
                content(writer);
            return writer.Encode();
        }
    }
}
