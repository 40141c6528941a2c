using System.Security.Cryptography;
using System.Text;
using Kist.Harness;
using Kist.Wire.MySql;
using Kist.Wire.MySql.Protocol;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.MySql;

/// <summary>What Debian's MariaDB does not do: the logins of MySQL 8, and what no server should do. The other side is a fake.</summary>
public sealed class MySqlLoginTests : IDisposable
{
    private const string Native = "mysql_native_password";
    private const string Caching = "caching_sha2_password";
    private const string Password = "pässword-Ω";

    // Reckoned with Python's hashlib after the plug-ins' descriptions, for the fake's challenge.
    private const string NativeProof = "ece0dd4cf5b7ac46035c2ce9511c6a08478180b4";
    private const string CachingProof = "442da335db1322c5651318f91679965018e35d1406141a9ccf20261fb5b7f1ff";

    private readonly TestAuthority authority = TestAuthority.Create("Kist test authority");

    [Fact]
    public void Proofs_are_what_others_reckon()
    {
        var password = Encoding.UTF8.GetBytes(Password);
        Assert.Equal(NativeProof, Convert.ToHexStringLower(MySqlPasswords.OfNative(password, FakeMySql.Challenge)));
        Assert.Equal(CachingProof, Convert.ToHexStringLower(MySqlPasswords.OfCachingSha2(password, FakeMySql.Challenge)));
        Assert.Empty(MySqlPasswords.OfNative([], FakeMySql.Challenge));
        Assert.Empty(MySqlPasswords.OfCachingSha2([], FakeMySql.Challenge));
    }

    [Theory]
    [InlineData(Native, NativeProof)]
    [InlineData(Caching, CachingProof)]
    public async Task A_password_that_the_server_knows_is_proved(string plugin, string proof)
    {
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(plugin));
            Assert.Equal(("jo", proof, plugin), Hex(await session.HearLoginAsync()));
            if (plugin == Caching)
                await session.SayAsync(1, 3);
            await session.WelcomeAsync();
        });
        using var connection = await MySqlConnection.ConnectAsync(fake.Endpoint(Password), CancellationToken.None);
        Assert.True(connection.IsUsable);
    }

    [Theory]
    [InlineData(Native, Caching, CachingProof)]
    [InlineData(Caching, Native, NativeProof)]
    [InlineData("auth_ed25519", Caching, CachingProof)]
    public async Task The_server_may_switch_to_another_known_plugin(string first, string second, string proof)
    {
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(first));
            await session.HearLoginAsync();
            await session.SayAsync([0xfe, .. Encoding.ASCII.GetBytes(second), 0, .. FakeMySql.Challenge, 0]);
            Assert.Equal(proof, Convert.ToHexStringLower((await session.HearAsync())!));
            await session.WelcomeAsync();
        });
        using var connection = await MySqlConnection.ConnectAsync(fake.Endpoint(Password), CancellationToken.None);
        Assert.True(connection.IsUsable);
    }

    [Theory]
    [InlineData("mysql_clear_password")]
    [InlineData("dialog")]
    [InlineData("")]
    public async Task A_switch_to_any_other_plugin_is_refused(string wanted)
    {
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(Native));
            await session.HearLoginAsync();
            await session.SayAsync([0xfe, .. Encoding.ASCII.GetBytes(wanted), 0, .. FakeMySql.Challenge, 0]);
            Assert.Null(await session.HearAsync());
        });
        Assert.Equal(WireFault.Login, (await FailsAsync(fake.Endpoint(Password))).Fault);
    }

    [Fact]
    public async Task Without_TLS_the_password_itself_is_sent_to_nobody()
    {
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(Caching));
            await session.HearLoginAsync();
            await session.SayAsync(1, 4);
            Assert.Null(await session.HearAsync());
        });
        var fault = await FailsAsync(fake.Endpoint(Password));
        Assert.Equal(WireFault.Login, fault.Fault);
        Assert.Contains("TLS", fault.Message);
    }

    [Theory]
    [InlineData(2048, true)]
    [InlineData(1024, false)]
    public async Task A_caller_may_allow_the_servers_own_key(int bits, bool taken)
    {
        using var key = RSA.Create(bits);
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(Caching));
            await session.HearLoginAsync();
            await session.SayAsync(1, 4);
            Assert.Equal([2], await session.HearAsync());
            await session.SayAsync([1, .. Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem())]);
            var secret = await session.HearAsync();
            Assert.Equal(taken, secret is not null);
            if (secret is null)
                return;
            var masked = key.Decrypt(secret, RSAEncryptionPadding.OaepSHA1);
            Assert.Equal(Password + "\0", Encoding.UTF8.GetString([.. masked.Select(static (b, i) => (byte)(b ^ FakeMySql.Challenge[i % 20]))]));
            await session.WelcomeAsync();
        });
        var endpoint = fake.Endpoint(Password, allowPublicKey: true);
        if (taken)
            (await MySqlConnection.ConnectAsync(endpoint, CancellationToken.None)).Dispose();
        else
            Assert.Equal(WireFault.Login, (await FailsAsync(endpoint)).Fault);
    }

    [Fact]
    public async Task Over_TLS_the_password_itself_is_sent()
    {
        using var certificate = authority.IssueServer();
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(Caching, FakeMySqlSession.Tls));
            await session.EncryptAsync(certificate);
            Assert.Equal(("jo", CachingProof, Caching), Hex(await session.HearLoginAsync()));
            await session.SayAsync(1, 4);
            Assert.Equal(Password + "\0", Encoding.UTF8.GetString((await session.HearAsync())!));
            await session.WelcomeAsync();
        });
        var tls = WireTls.FromPem(authority.Certificate.ExportCertificatePem(), null, null);
        using var connection = await MySqlConnection.ConnectAsync(fake.Endpoint(Password, tls), CancellationToken.None);
        Assert.True(connection.IsUsable);
    }

    [Fact]
    public async Task A_server_without_TLS_learns_nothing_when_it_is_asked_for()
    {
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(Native));
            Assert.Null(await session.HearAsync());
        });
        Assert.Equal(WireFault.Tls, (await FailsAsync(fake.Endpoint(Password, WireTls.FromPem(null, null, null, verify: false)))).Fault);
    }

    [Fact]
    public async Task A_request_for_a_file_is_refused()
    {
        await using var fake = FakeMySql.Start(async session =>
        {
            await session.SayAsync(FakeMySqlSession.Greeting(Native));
            await session.HearLoginAsync();
            await session.WelcomeAsync();
            await session.HearAsync();
            await session.SayAsync([0xfb, .. "/etc/passwd"u8]);
            Assert.Null(await session.HearAsync());
        });
        using var connection = await MySqlConnection.ConnectAsync(fake.Endpoint(Password), CancellationToken.None);
        var fault = await Assert.ThrowsAsync<WireException>(() => connection.ExecuteAsync("SELECT 1", CancellationToken.None));
        Assert.Equal(WireFault.Malformed, fault.Fault);
        Assert.Contains("file", fault.Message);
        Assert.False(connection.IsUsable);
    }

    [Fact]
    public async Task A_server_that_takes_nobody_says_why()
    {
        await using var fake = FakeMySql.Start(session => session.SayAsync([0xff, 0x10, 0x04, .. "Too many connections"u8]));
        var refused = await Assert.ThrowsAsync<MySqlException>(() => MySqlConnection.ConnectAsync(fake.Endpoint(Password), CancellationToken.None));
        Assert.Equal(1040, refused.Code);
        Assert.Contains("Too many connections", refused.Message);
    }

    public void Dispose() => authority.Dispose();

    private static (string User, string Proof, string Plugin) Hex((string User, byte[] Proof, string Plugin) login) =>
        (login.User, Convert.ToHexStringLower(login.Proof), login.Plugin);

    private static async Task<WireException> FailsAsync(MySqlEndpoint endpoint)
    {
        var fault = await Assert.ThrowsAsync<WireException>(() => MySqlConnection.ConnectAsync(endpoint, CancellationToken.None));
        Assert.DoesNotContain(Password, fault.ToString());
        return fault;
    }
}
