using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Identity;
using Kist.Core.Identity.Mfa;
using Kist.Core.Identity.Stored;
using Kist.Core.Logins;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Core.Tests.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Identity;

/// <summary>Codes and waiting logins, by a clock that the test moves.</summary>
public sealed class TotpSecretsTests : IAsyncLifetime
{
    private static readonly byte[] RootKey = new byte[32];
    private static readonly byte[] Secret = [.. "12345678901234567890"u8];
    private static readonly string Entity = IdentityRecords.NewId();

    private readonly MemoryStore store = new();
    private readonly MovableClock clock = new();
    private readonly MfaMethodRecord method = new() { Id = IdentityRecords.NewId(), MaxValidationAttempts = 2 };
    private BarrierStore barrier = null!;
    private MfaService mfa = null!;

    public async Task InitializeAsync()
    {
        barrier = new BarrierStore(store, clock);
        Assert.True((await barrier.InitializeAsync(RootKey, [0], [], default)).Succeeded);
        using var key = new SecretBytes(RootKey);
        Assert.True(await barrier.UnsealAsync(key, default));
        mfa = new IdentityService(barrier, clock).Mfa;
        await PutAsync(new MfaSecretRecord { Secret = Secret, PeriodSeconds = 30, Algorithm = "SHA1", Digits = 6, Skew = 1 });
    }

    public async Task DisposeAsync()
    {
        barrier.Seal();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData(60, "SHA1", 6, 1)]
    [InlineData(15, "SHA256", 8, 0)]
    public async Task An_app_is_believed_by_the_settings_that_it_was_enrolled_with(int period, string algorithm, int digits, int skew)
    {
        Assert.True(await IsGoodAsync(Code()));
        var changed = method with { PeriodSeconds = period, Algorithm = algorithm, Digits = digits, Skew = skew };
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(30));
            Assert.True(await IsGoodAsync(Code(), changed));
        }
    }

    [Fact]
    public async Task After_wrong_codes_none_is_looked_at_for_a_period_and_then_for_twice_as_long()
    {
        await Fail(2);
        Assert.False(await IsGoodAsync(Code()));
        clock.Advance(TimeSpan.FromSeconds(30));
        await Fail(1);
        clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(await IsGoodAsync(Code()));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await IsGoodAsync(Code()));
        clock.Advance(TimeSpan.FromSeconds(30));
        await Fail(1);
        clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await IsGoodAsync(Code()));
    }

    [Fact]
    public async Task A_clock_that_was_wrong_for_a_moment_blocks_nobody_for_a_year()
    {
        clock.JumpWall(TimeSpan.FromDays(365));
        await Fail(2);
        clock.JumpWall(TimeSpan.FromDays(-365));
        Assert.True(await IsGoodAsync(Code()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0000000")]
    [InlineData("０００００")]
    public async Task A_code_of_another_length_counts_as_wrong(string code)
    {
        Assert.False(await IsGoodAsync(code));
        Assert.Equal(1, (await ReadAsync()).Failures);
        Assert.True(await IsGoodAsync(Code()));
        Assert.Equal(0, (await ReadAsync()).Failures);
    }

    [Fact]
    public async Task A_login_waits_for_five_minutes()
    {
        var id = (await mfa.Pending.SuspendAsync(Login(), default)).Value;
        clock.Advance(TimeSpan.FromSeconds(299));
        Assert.NotNull(await mfa.Pending.ResumeAsync(id, default));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await mfa.Pending.ResumeAsync(id, default));
    }

    [Fact]
    public async Task A_login_that_is_completed_is_remembered_until_it_is_too_old()
    {
        for (var i = 0; i < 20; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            var id = (await mfa.Pending.SuspendAsync(Login(), default)).Value;
            var login = (await mfa.Pending.ResumeAsync(id, default))!;
            Assert.Null(await VerifyAsync(Code(), method, login));
            clock.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal(PendingLogins.None, await VerifyAsync(Code(), method, login));
        }
        var completed = await mfa.Records.SecretsOf(Entity).ReadRecordAsync(MfaRecords.CompletedName, MfaJson.Completed, default);
        Assert.Equal(4, completed!.Value.Record.Items.Count);
    }

    [Fact]
    public void Headers_of_any_form_are_read()
    {
        string[] parts = [method.Id, ":", ",", "passcode=", "123456", "é", " ", "::", ",,"];
        for (var seed = 0; seed < 2000; seed++)
        {
            var header = string.Concat(Enumerable.Range(0, seed % 7).Select(i => parts[(seed / (i + 1) * 31 + i) % parts.Length]));
            var code = OfferedCodes.OfHeader(header).For(method);
            Assert.True(code is null || header.Contains(code.Reveal(), StringComparison.Ordinal));
        }
        Assert.Null(OfferedCodes.OfHeader("").For(method));
        Assert.Equal("", OfferedCodes.OfHeader(method.Id).For(method)!.Reveal());
        Assert.Equal("1:2", OfferedCodes.OfHeader($"x:3, {method.Id}:passcode=1:2").For(method)!.Reveal());
    }

    private static PendingLogin Login() => new()
    {
        Namespace = NamespaceId.Root.Value,
        Mount = 1,
        EntityId = Entity,
        Path = "auth/call/login",
        Role = "all",
        Token = new TokenSettings(),
        Policies = [],
        DisplayName = "",
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal),
    };

    private async Task Fail(int times)
    {
        for (var i = 0; i < times; i++)
            Assert.False(await IsGoodAsync("x"));
    }

    private string Code() => Totp.Code(Secret, Totp.StepAt(clock.GetUtcNow(), 30), "SHA1", 6);

    private async Task<bool> IsGoodAsync(string code, MfaMethodRecord? by = null) => await VerifyAsync(code, by ?? method, null) is null;

    private async Task<Failure?> VerifyAsync(string code, MfaMethodRecord by, PendingLogin? login) =>
        await mfa.Secrets.VerifyAsync(Entity, [[new OfferedCode(by, new SecretText(code))]], login, default);

    private async Task PutAsync(MfaSecretRecord record)
    {
        var view = mfa.Records.SecretsOf(Entity);
        Assert.True((await view.Begin().Put(view, method.Id, record, MfaJson.Secret).CommitAsync(default)).Succeeded);
    }

    private async Task<MfaSecretRecord> ReadAsync() =>
        JsonSerializer.Deserialize((await mfa.Records.SecretsOf(Entity).ReadAsync(method.Id, default))!.Value.Value.Span, MfaJson.Secret)!;
}
