using System.Globalization;
using Kist.Wire.Etcd;

namespace Kist.Wire.Tests.Etcd;

[Collection(SharedEtcdCollection.Name)]
public sealed class EtcdScanTests(SharedEtcd etcd)
{
    private readonly string prefix = $"/scan/{Guid.NewGuid():N}/";

    private EtcdScan All => new(EtcdKeys.Prefix(Text.Bytes(prefix)));

    [FactNeedingEtcd]
    public async Task Pages_hold_every_key_once_and_in_order_and_count_down()
    {
        await FillAsync(1500, 10);
        var pages = await PagesAsync(etcd.Client, All with { PageEntries = 100 });

        Assert.Equal(Enumerable.Range(0, 1500).Select(Name), pages.SelectMany(p => p.Entries).Select(e => Text.Of(e.Key)));
        Assert.All(pages, p => Assert.InRange(p.Entries.Count, 1, 100));
        var left = 1500L;
        Assert.All(pages, p => Assert.Equal(left -= p.Entries.Count, p.Remaining));
        Assert.Equal(0, left);
    }

    [FactNeedingEtcd]
    public async Task All_pages_show_one_revision_while_others_write()
    {
        await FillAsync(300, 10);
        var seen = new List<string>();
        var revisions = new HashSet<long>();
        await foreach (var page in etcd.Client.ScanAsync(All with { PageEntries = 50 }, CancellationToken.None))
        {
            seen.AddRange(page.Entries.Select(e => Text.Of(e.Value)));
            revisions.Add(page.Revision);
            await PutAsync(250 + revisions.Count, "changed while reading");
            await PutAsync(1000 + seen.Count, "made while reading");
        }
        Assert.Equal(300, seen.Count);
        Assert.DoesNotContain(seen, v => v.EndsWith("reading", StringComparison.Ordinal));
        Assert.Single(revisions);
    }

    [FactNeedingEtcd]
    public async Task Pages_keep_near_their_size_whatever_the_size_of_the_values()
    {
        await FillAsync(200, 20_000);
        var pages = await PagesAsync(etcd.Client, All with { PageBytes = 200_000 });
        // The first page cannot know.
        Assert.All(pages.Skip(1), p => Assert.InRange(p.Entries.Sum(e => e.Value.Length), 1, 220_000));
        Assert.Equal(200, pages.Sum(p => p.Entries.Count));
    }

    [FactNeedingEtcd]
    public async Task Page_beyond_the_bound_is_asked_for_again_with_fewer_entries()
    {
        await FillAsync(100, 10);
        for (var i = 100; i < 160; i++)
            await PutAsync(i, new string('x', 100_000));
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [etcd.Server.Endpoint], MaxReceiveBytes = 250_000 });
        var pages = await PagesAsync(client, All);
        Assert.Equal(160, pages.Sum(p => p.Entries.Count));
    }

    [FactNeedingEtcd]
    public async Task Single_entry_beyond_the_bound_ends_the_scan_with_its_error()
    {
        await PutAsync(0, new string('x', 100_000));
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [etcd.Server.Endpoint], MaxReceiveBytes = 50_000 });
        Assert.Equal(EtcdError.ResponseTooLarge, (await Assert.ThrowsAsync<EtcdException>(() => PagesAsync(client, All))).Error);
    }

    [FactNeedingEtcd]
    public async Task Scan_of_nothing_is_one_empty_page()
    {
        var page = Assert.Single(await PagesAsync(etcd.Client, All));
        Assert.True(page.Revision > 0);
        Assert.Empty(page.Entries);
    }

    [FactNeedingEtcd]
    public async Task Compaction_during_a_scan_is_told_apart()
    {
        await FillAsync(200, 10);
        await using var pages = etcd.Client.ScanAsync(All with { PageEntries = 50 }, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await pages.MoveNextAsync());
        var now = await PutAsync(0, "later");
        await etcd.Client.CompactAsync(now, physical: true, CancellationToken.None);
        var e = await Assert.ThrowsAsync<EtcdException>(async () => await pages.MoveNextAsync());
        Assert.Equal(EtcdError.Compacted, e.Error);
    }

    private string Name(int number) => prefix + number.ToString("D6", CultureInfo.InvariantCulture);

    private async Task<long> PutAsync(int number, string value) =>
        (await etcd.Client.PutAsync(new EtcdPut(Text.Bytes(Name(number)), Text.Bytes(value)), CancellationToken.None)).Revision;

    // A hundred a transaction, which is quicker by as much.
    private async Task FillAsync(int count, int valueBytes)
    {
        var value = new byte[valueBytes];
        foreach (var numbers in Enumerable.Range(0, count).Chunk(Math.Clamp(1_000_000 / valueBytes, 1, 100)))
        {
            var puts = numbers.Select(number => (EtcdOperation)new EtcdPut(Text.Bytes(Name(number)), value)).ToList();
            await etcd.Client.TransactAsync(new EtcdTransaction([], puts, []), CancellationToken.None);
        }
    }

    private static async Task<List<EtcdPage>> PagesAsync(EtcdClient client, EtcdScan scan)
    {
        var pages = new List<EtcdPage>();
        await foreach (var page in client.ScanAsync(scan, CancellationToken.None))
            pages.Add(page);
        return pages;
    }
}
