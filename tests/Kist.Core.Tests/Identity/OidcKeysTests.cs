using Kist.Core.Barrier;
using Kist.Core.Identity;
using Kist.Core.Identity.Oidc;
using Kist.Core.Storage;
using Kist.Core.Tests.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Identity;

/// <summary>Keys of identity tokens, by a clock that the test moves.</summary>
public sealed class OidcKeysTests : IAsyncLifetime
{
    private static readonly byte[] RootKey = new byte[32];
    private static readonly OidcKeyFields Unchanged = new(null, null, null, null);

    private readonly MemoryStore store = new();
    private readonly MovableClock clock = new();
    private BarrierStore barrier = null!;
    private IdentityService identities = null!;
    private OidcKeys keys = null!;
    private PublishedKeys published = null!;

    public async Task InitializeAsync()
    {
        barrier = new BarrierStore(store, clock);
        Assert.True((await barrier.InitializeAsync(RootKey, [0], [], default)).Succeeded);
        await UnsealAsync(barrier);
        identities = new IdentityService(barrier, clock);
        await identities.SetUpAsync(default);
        keys = new OidcKeys(identities.Space.All[0], identities.Oidc, clock);
        published = new PublishedKeys(identities.Oidc, clock);
        await WriteAsync(new OidcKeyFields("ES256", TimeSpan.FromHours(1), TimeSpan.FromHours(2), ["*"]));
    }

    public async Task DisposeAsync()
    {
        barrier.Seal();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_key_rotates_by_itself_when_somebody_signs_and_when_the_leader_looks()
    {
        var first = await SignerAsync();
        clock.Advance(TimeSpan.FromMinutes(59));
        await keys.TendAsync(null, default);
        Assert.Equal(first, await SignerAsync());
        clock.Advance(TimeSpan.FromMinutes(1));
        var second = await SignerAsync();
        Assert.NotEqual(first, second);
        clock.Advance(TimeSpan.FromHours(1));
        await keys.TendAsync(null, default);
        Assert.NotEqual(second, (await ReadAsync()).Current.Id);
    }

    [Fact]
    public async Task A_former_version_is_published_for_its_time()
    {
        var first = await SignerAsync();
        clock.Advance(TimeSpan.FromHours(1));
        Assert.NotEqual(first, await SignerAsync());
        clock.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        Assert.Contains(first, await PublishedAsync());
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(first, await PublishedAsync());
    }

    [Fact]
    public async Task Settings_that_are_written_again_put_no_rotation_off()
    {
        var first = await SignerAsync();
        for (var i = 0; i < 4; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(15));
            await WriteAsync(Unchanged);
        }
        Assert.NotEqual(first, await SignerAsync());
        await WriteAsync(Unchanged with { RotationPeriod = TimeSpan.FromMinutes(30) });
        Assert.Equal(clock.GetUtcNow().AddMinutes(30), (await ReadAsync()).RotatesAt);
        await WriteAsync(Unchanged with { RotationPeriod = TimeSpan.FromHours(5) });
        Assert.Equal(clock.GetUtcNow().AddMinutes(30), (await ReadAsync()).RotatesAt);
    }

    [Fact]
    public async Task A_clock_that_jumps_rotates_nothing_before_it_is_believed()
    {
        var first = await SignerAsync();
        clock.JumpWall(TimeSpan.FromDays(365));
        Assert.Equal(first, await SignerAsync());
        await keys.TendAsync(null, default);
        Assert.Empty((await ReadAsync()).Former);
        clock.JumpWall(TimeSpan.FromDays(-365));
        Assert.Equal(first, await SignerAsync());
        Assert.Contains(first, await PublishedAsync());
    }

    [Fact]
    public async Task A_rotation_that_a_wrong_clock_has_put_a_year_off_is_made_up_for()
    {
        clock.JumpWall(TimeSpan.FromDays(365));
        await keys.TendAsync(null, default);
        clock.Advance(TimeSpan.FromMinutes(15));
        await keys.TendAsync(null, default);
        var wrong = (await ReadAsync()).Current.Id;
        clock.JumpWall(TimeSpan.FromDays(-365));
        await keys.TendAsync(null, default);
        Assert.Equal(wrong, (await ReadAsync()).Current.Id);
        clock.Advance(TimeSpan.FromMinutes(15));
        await keys.TendAsync(null, default);
        Assert.NotEqual(wrong, (await ReadAsync()).Current.Id);
        Assert.Equal(clock.GetUtcNow().AddHours(1), (await ReadAsync()).RotatesAt);
    }

    [Fact]
    public async Task A_key_that_cannot_be_rotated_now_signs_on()
    {
        for (var i = 0; i < 50; i++)
            Assert.True((await keys.RotateAsync("main", null, onlyWhenDue: false, null, null, default)).Succeeded);
        Assert.Equal("identity.too_many_versions", (await keys.RotateAsync("main", null, onlyWhenDue: false, null, null, default)).Failure?.Code);
        var current = (await ReadAsync()).Current.Id;
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(current, await SignerAsync());
        clock.Advance(TimeSpan.FromHours(1));
        Assert.NotEqual(current, await SignerAsync());
    }

    [Fact]
    public async Task The_records_that_public_pages_read_are_there_from_the_start()
    {
        Assert.NotNull(await identities.Oidc.Root.ReadAsync(OidcRecords.Config, default));
        Assert.NotNull(await identities.Oidc.Root.ReadAsync(OidcRecords.Stamp, default));
        var head = await store.HeadAsync(default);
        await identities.SetUpAsync(default);
        Assert.Equal(head, await store.HeadAsync(default));
    }

    private static async Task UnsealAsync(BarrierStore barrier)
    {
        using var key = new SecretBytes(RootKey);
        Assert.True(await barrier.UnsealAsync(key, default));
    }

    private async Task WriteAsync(OidcKeyFields fields)
    {
        var written = await keys.WriteAsync("main", fields, null, default);
        Assert.True(written.Succeeded, written.Failure?.Message);
    }

    private async Task<OidcKeyRecord> ReadAsync() => (await keys.ReadAsync("main", default))!.Value.Record;

    private async Task<IEnumerable<string>> PublishedAsync() => (await published.AllAsync(default)).Select(k => k.Jwk.Kid);

    // The id of the version that signs.
    private async Task<string> SignerAsync()
    {
        var id = "";
        var signature = await keys.SignAsync("main", key => [.. System.Text.Encoding.ASCII.GetBytes(id = key.Current.Id)], default);
        Assert.True(signature.Succeeded, signature.Failure?.Message);
        Assert.Contains(id, await PublishedAsync());
        return id;
    }
}
