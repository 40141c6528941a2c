using Kist.Core.Audit;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary>What the audit says of second proofs.</summary>
public sealed class MfaAuditTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("kist-audit-").FullName;
    private MfaBed mfa = null!;

    private string Log => Path.Combine(folder, "audit.log");

    public async Task InitializeAsync() => mfa = await MfaBed.CreateAsync();

    public async Task DisposeAsync()
    {
        await mfa.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Neither_codes_nor_ids_of_logins_are_shown_even_raw()
    {
        await mfa.Bed.Node.WriteAsync("sys/audit/raw", $$$"""{"type":"file","options":{"file_path":"{{{Log}}}","log_raw":"true"}}""").Ok();
        await mfa.Bed.Node.WriteAsync("sys/config/auditing/request-headers/X-Vault-MFA", """{"hmac":true}""").Ok();
        var id = (await mfa.SuspendedAsync()).Id;
        var (code, next) = (mfa.Code(), mfa.Code(1));
        await mfa.ProveAsync(id, code).Ok();
        await mfa.WithHeaderAsync("app:" + next).Ok();
        var log = await File.ReadAllTextAsync(Log);
        // What is not raw at all hides everything.
        Assert.Contains("\"bob\"", log);
        Assert.Contains("x-vault-mfa", log);
        Assert.All((string[])[id, $"\"{code}\"", next], secret => Assert.DoesNotContain(secret, log, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_login_that_waits_is_no_token_and_its_completion_is_found_by_the_hash_of_its_id()
    {
        await using var tap = AuditTap.On(mfa.Bed.Node);
        var id = (await mfa.SuspendedAsync()).Id;
        var auth = tap.Pair().Response.GetProperty("response").GetProperty("auth");
        Assert.Equal(["entity_id", "mfa_requirement"], auth.EnumerateObject().Select(p => p.Name));
        Assert.Equal(mfa.Entity, auth.Text("entity_id"));
        var hash = auth.GetProperty("mfa_requirement").Text("mfa_request_id");
        Assert.StartsWith("hmac-sha256:", hash, StringComparison.Ordinal);
        await mfa.ProveAsync(id, "000").Fails(FailureKind.Denied);
        Assert.Equal(hash, tap.Pair(before: 2).Request.GetProperty("request").GetProperty("data").Text("mfa_request_id"));
    }

    [Fact]
    public void The_header_that_carries_codes_is_a_credential() => Assert.True(new AuditedHeader("x-vault-mfa", Hmac: false).IsCredential);
}
