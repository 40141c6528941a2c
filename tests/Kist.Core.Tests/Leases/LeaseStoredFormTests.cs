using System.Text;
using Kist.Core.Leases;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Leases;

/// <summary>The bytes that lie in a store of today must be read by every later program; and what a damaged store lacks is mended.</summary>
public sealed class LeaseStoredFormTests : IAsyncLifetime
{
    private static readonly string Entry = """
        {"schema":1,"mount":11,"target":"db","data":"e30=","token_hash":"00ff","issued_at":"2026-01-31T12:00:00+00:00",
        "expires_at":"2026-01-31T13:00:00+00:00","due_at":"2026-01-31T13:00:00+00:00","last_renewal":"2026-01-31T12:30:00+00:00",
        "creation_ttl":"01:00:00","renewable":true,"confirmed":true,"ending":true,"refusals":2,"irrevocable":false,"last_error":"no"}
        """.ReplaceLineEndings("");

    private LeaseBed bed = null!;

    public async Task InitializeAsync() => bed = await LeaseBed.StartAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public void A_lease_has_its_golden_form()
    {
        var entry = new LeaseEntry
        {
            Mount = 11,
            Target = "db",
            Data = "{}"u8.ToArray(),
            TokenHash = "00ff",
            IssuedAt = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero),
            ExpiresAt = new DateTimeOffset(2026, 1, 31, 13, 0, 0, TimeSpan.Zero),
            DueAt = new DateTimeOffset(2026, 1, 31, 13, 0, 0, TimeSpan.Zero),
            LastRenewal = new DateTimeOffset(2026, 1, 31, 12, 30, 0, TimeSpan.Zero),
            CreationTtl = TimeSpan.FromHours(1),
            Renewable = true,
            Confirmed = true,
            Ending = true,
            Refusals = 2,
            LastError = "no",
        };
        Assert.Equal(Entry, System.Text.Json.JsonSerializer.Serialize(entry, LeaseJson.Default.LeaseEntry));
        Assert.Equal("{}", Encoding.UTF8.GetString(System.Text.Json.JsonSerializer.Deserialize(Entry, LeaseJson.Default.LeaseEntry)!.Data.Span));
        var due = LeaseDue.Of("db/creds/app/x", entry);
        Assert.Equal("08de60c8a455c800/f29e2e1d121dc27fb/db/creds/app/x", due.Key);
        Assert.Equal(due, LeaseDue.Parse(due.Key));
    }

    [Fact]
    public async Task A_lease_leaves_nothing_in_the_store_when_it_has_ended()
    {
        bed.Engine.Roles["app"] = (new LeaseTerms(TimeSpan.FromMinutes(10), default), true);
        var token = await bed.TokenAsync();
        var before = await bed.EntriesAsync();
        var lease = await bed.IssueAsync(token: token);
        Assert.Equal(before + 4, await bed.EntriesAsync());
        await bed.Node.WriteAsync("sys/leases/renew", $$"""{"lease_id":"{{lease.Id}}","increment":"1h"}""").Ok();
        Assert.Equal(before + 4, await bed.EntriesAsync());
        await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Ok();
        Assert.Equal(before, await bed.EntriesAsync());
    }

    [Fact]
    public async Task Tidy_gives_back_what_a_damaged_store_lacks_and_drops_what_leads_nowhere()
    {
        var lease = await bed.IssueAsync();
        var records = bed.Records();
        var due = Assert.Single(await records.Due.ScanAsync("", 0, default));
        var damage = records.Begin().Delete(records.Due, due).Put(records.OfMount(5), "accounts/x", Array.Empty<byte>())
            .Put(records.OfToken("abc"), "accounts/y", Array.Empty<byte>()).Put(records.Irrevocable, "accounts/z", Array.Empty<byte>())
            .Put(records.Due, new LeaseDue(bed.Clock.GetUtcNow().AddDays(9), false, "0123456789abcdef", "accounts/w").Key, Array.Empty<byte>());
        Assert.True((await damage.CommitAsync(default)).Succeeded);
        var tidied = await bed.Node.WriteAsync("sys/leases/tidy").Ok();
        Assert.Equal(["tidied: 5 entries mended"], tidied.Warnings);
        Assert.Equal([due], await records.Due.ScanAsync("", 0, default));
        Assert.Equal(["tidied: 0 entries mended"], (await bed.Node.WriteAsync("sys/leases/tidy").Ok()).Warnings);
        await bed.LookupAsync(lease);
    }

    [Fact]
    public async Task Tidy_ends_a_lease_whose_token_is_gone()
    {
        var token = await bed.TokenAsync();
        var lease = await bed.IssueAsync(token: token);
        var records = bed.Records();
        var stored = (await records.ReadAsync(lease.Id, default))!.Value;
        var damage = records.Begin();
        records.Replace(damage, stored, stored.Entry with { TokenHash = "abc" });
        Assert.True((await damage.CommitAsync(default)).Succeeded);
        await bed.Node.WriteAsync("sys/leases/tidy").Ok();
        await Eventually.HoldsAsync(() => bed.Engine.World.IsEmpty);
    }
}
