using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary><c>login</c> by each method, from the built program over TLS.</summary>
public sealed class CliLoginTests : IAsyncLifetime
{
    private WatchedServer watched = null!;
    private Cli cli = null!;

    private string Kept => Path.Combine(cli.Home, ".kist-token");

    public async Task InitializeAsync()
    {
        (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { Tls = true });
        cli = Shell(BuiltProgram.Path);
    }

    public Task DisposeAsync() => watched.DisposeAsync().AsTask();

    [Fact]
    public async Task By_password_from_standard_input_as_the_user_of_the_environment()
    {
        await PasswordAsync();
        cli.Environment["LOGNAME"] = "alice";
        Assert.Contains("You are now authenticated", await cli.FeedAsync("pass word\n", "login", "-method=userpass", "password=-"));
        watched.Secrets.Add("token", await File.ReadAllTextAsync(Kept));
        Assert.Equal("userpass-alice", await cli.RunAsync("read", "-field=display_name", "auth/token/lookup-self"));
        Assert.NotEqual(0, (await cli.TryAsync("wrong", "login", "-method=userpass", "password=-")).ExitCode);
    }

    [Fact]
    public async Task By_a_role_and_its_secret_id()
    {
        await WriteAsync("sys/auth/approle", new { type = "approle" });
        await WriteAsync("auth/approle/role/ci", new { token_policies = "default" });
        var role = (await watched.Api.ReadAsync("auth/approle/role/ci/role-id")).Good().Data.GetProperty("role_id").GetString()!;
        var secret = (await watched.Api.WriteAsync("auth/approle/role/ci/secret-id", new { })).Good().Data.GetProperty("secret_id").GetString()!;
        var token = await cli.FeedAsync(
            watched.Secrets.Add("secret id", secret) + "\n", "login", "-method=approle", "-token-only", $"role_id={role}", "secret_id=-");
        cli.Environment["KIST_TOKEN"] = watched.Secrets.Add("token", token);
        Assert.Equal("approle", await cli.RunAsync("read", "-field=display_name", "auth/token/lookup-self"));
    }

    [Fact]
    public async Task By_the_certificate_of_its_connection()
    {
        using var authority = TestAuthority.Create("clients");
        await WriteAsync("sys/auth/cert", new { type = "cert" });
        await WriteAsync("auth/cert/certs/web", new { certificate = authority.Certificate.ExportCertificatePem() });
        var (certificate, key) = Client(authority, "app");
        var token = await cli.RunAsync(
            "login", "-method=cert", $"-client-cert={certificate}", $"-client-key={key}", "-field=token", "-no-store", "name=web");
        watched.Secrets.Add("token", token);
        Assert.False(File.Exists(Kept));
        await cli.FailAsync(2, "login", "-method=cert", "name=web");
    }

    [FactNeeding(Need.Python)]
    public async Task A_code_is_asked_for_at_the_terminal_and_missed_without_one()
    {
        await PasswordAsync();
        var key = await SecondProofAsync();
        await File.WriteAllTextAsync(Kept, "kept");
        var alone = await cli.TryAsync("pass word", "login", "-method=userpass", "username=alice", "password=-");
        Assert.Equal(2, alone.ExitCode);
        Assert.Contains("it wants a code of app", alone.Errors);
        Assert.Matches("mfa_constraint_all_totp_name +app", alone.Output);
        Assert.Equal("kept", await File.ReadAllTextAsync(Kept));

        var file = Path.Combine(cli.Home, "password");
        await File.WriteAllTextAsync(file, "pass word\n");
        var script = Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", "terminal.py");
        var python = Shell(Machine.Python);
        python.Environment["TERM"] = "xterm";
        string[] line = [BuiltProgram.Path, "login", "-method=userpass", "username=alice", $"password=@{file}"];
        var ended = await python.TryAsync(Code(key) + "\r", [script, "Code of app (will be hidden): ", .. line]);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        var seen = JsonElement.Parse(ended.Output);
        Assert.Equal(0, seen.GetProperty("status").GetInt32());
        Assert.Contains("You are now authenticated", seen.GetProperty("shown").GetString(), StringComparison.Ordinal);
        watched.Secrets.Add("token", await File.ReadAllTextAsync(Kept));
        Assert.Equal("userpass-alice", await cli.RunAsync("read", "-field=display_name", "auth/token/lookup-self"));
    }

    [Fact]
    public async Task Lockout_flags_reach_the_mount()
    {
        await WriteAsync("sys/auth/userpass", new { type = "userpass" });
        cli.Environment["KIST_TOKEN"] = watched.Api.Token!;
        await cli.RunAsync(
            "auth", "tune", "-user-lockout-threshold=3", "-user-lockout-duration=5m", "-user-lockout-counter-reset-duration=1m", "userpass");
        var tuned = (await watched.Api.ReadAsync("sys/auth/userpass/tune")).Good().Data;
        Assert.Equal(3, tuned.GetProperty("user_lockout_threshold").GetInt32());
        Assert.Equal(300, tuned.GetProperty("user_lockout_duration").GetInt32());
        Assert.Equal(60, tuned.GetProperty("user_lockout_counter_reset_duration").GetInt32());
    }

    private Cli Shell(string program) =>
        new(program, Path.Combine(watched.Server.Home, "user"), watched.Server.Address, watched.Server.AuthorityFile);

    private async Task PasswordAsync()
    {
        await WriteAsync("sys/auth/userpass", new { type = "userpass" });
        await WriteAsync("auth/userpass/users/alice", new { password = "pass word", token_policies = "default" });
    }

    // Alice has an authenticator, and userpass asks for it; answers the authenticator's key.
    private async Task<byte[]> SecondProofAsync()
    {
        var accessor = (await watched.Api.ReadAsync("sys/auth")).Good().Data.GetProperty("userpass/").GetProperty("accessor").GetString();
        var entity = (await WriteAsync("identity/entity", new { name = "alice" })).GetProperty("id").GetString();
        await WriteAsync("identity/entity-alias", new { name = "alice", canonical_id = entity, mount_accessor = accessor });
        var totp = await WriteAsync("identity/mfa/method/totp", new { issuer = "Kist", method_name = "app" });
        var method = totp.GetProperty("method_id").GetString();
        var made = await WriteAsync("identity/mfa/method/totp/admin-generate", new { method_id = method, entity_id = entity });
        var methods = new[] { method };
        await WriteAsync("identity/mfa/login-enforcement/all", new { mfa_method_ids = methods, auth_method_accessors = new[] { accessor } });
        var url = made.GetProperty("url").GetString()!;
        return FromBase32(watched.Secrets.Add("authenticator's key", url[(url.IndexOf("secret=", StringComparison.Ordinal) + 7)..]));
    }

    private async Task<JsonElement> WriteAsync(string path, object body)
    {
        var answer = (await watched.Api.WriteAsync(path, body)).Good();
        return answer.Status == HttpStatusCode.NoContent ? default : answer.Data;
    }

    private (string Certificate, string Key) Client(TestAuthority authority, string name)
    {
        using var client = authority.IssueClient(name);
        using var key = client.GetECDsaPrivateKey()!;
        var path = Path.Combine(cli.Home, name);
        File.WriteAllText($"{path}.pem", client.ExportCertificatePem());
        File.WriteAllText($"{path}.key", key.ExportPkcs8PrivateKeyPem());
        return ($"{path}.pem", $"{path}.key");
    }

    private static byte[] FromBase32(string text)
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(text.Select(c => Convert.ToString(Letters.IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }

    // As an authenticator app makes it (RFC 6238).
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6238 demands HMAC-SHA-1.")]
    private static string Code(byte[] key)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 30);
        var mac = HMACSHA1.HashData(key, counter);
        var number = BinaryPrimitives.ReadInt32BigEndian(mac.AsSpan(mac[^1] & 0xf)) & 0x7fffffff;
        return (number % 1_000_000).ToString("000000", CultureInfo.InvariantCulture);
    }
}
