using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Leases;

/// <summary><c>sys/quotas/lease-count</c>.</summary>
public sealed class QuotaTests : IAsyncLifetime
{
    private LeaseBed bed = null!;

    public async Task InitializeAsync() => bed = await LeaseBed.StartAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task A_quota_is_written_read_listed_and_deleted()
    {
        await bed.Node.ListAsync("sys/quotas/lease-count").Fails(FailureKind.NotFound);
        await WriteAsync("b", "accounts/creds/app/", 5).Ok();
        await WriteAsync("a", "", 7).Ok();
        Assert.Equal("""["a","b"]""", (await bed.Node.ListAsync("sys/quotas/lease-count")).Json().GetProperty("keys").GetRawText());
        Assert.Equal(
            """{"name":"b","type":"lease-count","path":"accounts/creds/app","max_leases":5}""", (await bed.Node.ReadAsync("sys/quotas/lease-count/b")).Json().GetRawText());
        Assert.Equal("quota.path_in_use", (await WriteAsync("c", "accounts/creds/app", 5).Fails(FailureKind.Invalid)).Code);
        Assert.Equal("quota.invalid_max_leases", (await WriteAsync("c", "other", 0).Fails(FailureKind.Invalid)).Code);
        await bed.Node.DeleteAsync("sys/quotas/lease-count/b").Ok();
        await bed.Node.ReadAsync("sys/quotas/lease-count/b").Fails(FailureKind.NotFound);
        await bed.Node.ReadAsync("sys/quotas/lease-count/a").Ok();
    }

    [Fact]
    public async Task Below_a_path_there_are_no_more_leases_than_its_quota_allows()
    {
        await WriteAsync("app", "accounts/creds/app", 3).Ok();
        var lease = await bed.IssueAsync();
        await bed.IssueAsync();
        await bed.IssueAsync();
        var refused = await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Throttled);
        Assert.Equal("quota.leases_exhausted", refused.Code);
        Assert.Contains("\"app\"", refused.Message, StringComparison.Ordinal);
        Assert.Equal(3, bed.Engine.World.Count);
        await bed.IssueAsync("app2");
        await bed.Node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{lease.Id}}"}""").Ok();
        // A count is good for a second.
        bed.Clock.Advance(TimeSpan.FromSeconds(2));
        await bed.IssueAsync();
        await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Throttled);
    }

    [Fact]
    public async Task The_longest_path_decides()
    {
        await WriteAsync("all", "", 1).Ok();
        await WriteAsync("app", "accounts", 2).Ok();
        await bed.IssueAsync();
        await bed.IssueAsync("other");
        await bed.Node.ReadAsync("accounts/creds/app").Fails(FailureKind.Throttled);
    }

    [Fact]
    public async Task Those_who_ask_at_once_do_not_pass_it_together()
    {
        await WriteAsync("app", "accounts", 20).Ok();
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => Task.Run(() => bed.Node.ReadAsync("accounts/creds/app"))));
        Assert.Equal(20, answers.Count(answer => answer.Failure is null));
        Assert.All(answers.Where(answer => answer.Failure is not null), answer => Assert.Equal(FailureKind.Throttled, answer.Failure!.Kind));
    }

    private Task<Kist.Core.Pipeline.Response> WriteAsync(string name, string path, int most) =>
        bed.Node.WriteAsync("sys/quotas/lease-count/" + name, $$"""{"path":"{{path}}","max_leases":{{most}}}""");
}
