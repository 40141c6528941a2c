namespace Kist.Core.Tests.Tokens;

public sealed class TidyTests
{
    [Fact]
    public async Task A_sound_store_stays_as_it_is()
    {
        var host = await TokenHost.StartAsync();
        _ = await host.RootAsync();
        var parent = await host.IssueAsync();
        _ = await host.IssueAsync(parent);
        await host.RevokeOrphanAsync(await host.IssueAsync(parent));
        var before = await host.PathsAsync();
        Assert.Equal((true, 0), await host.Tokens.TidyAsync(default));
        Assert.Equal(before, await host.PathsAsync());
    }

    [Fact]
    public async Task Entries_that_lead_nowhere_go()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(await host.IssueAsync());
        var found = await host.FindAsync(token);
        await DeleteAsync(host, "id/" + found.Hash);
        Assert.Equal((true, 3), await host.Tokens.TidyAsync(default));
        Assert.DoesNotContain(await host.PathsAsync(), path => path.Contains(found.Hash));
    }

    [Fact]
    public async Task A_token_whose_parent_is_lost_goes_with_its_tree()
    {
        var host = await TokenHost.StartAsync();
        var parent = await host.IssueAsync();
        var child = await host.IssueAsync(parent);
        _ = await host.IssueAsync(child);
        var found = await host.FindAsync(parent);
        await DeleteAsync(host, "id/" + found.Hash);
        await DeleteAsync(host, $"parent/{found.Hash}/{(await host.Records.Children(found.Hash).ListAsync("", 0, default))[0]}");
        await host.Tokens.TidyAsync(default);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_token_gets_its_indexes_back()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        var before = await host.PathsAsync();
        foreach (var path in before.Where(p => !p.StartsWith("id/", StringComparison.Ordinal)))
            await DeleteAsync(host, path);
        Assert.Equal((true, 1), await host.Tokens.TidyAsync(default));
        Assert.Equal(before, await host.PathsAsync());
        Assert.True(await host.IsValidAsync(token));
    }

    private static async Task DeleteAsync(TokenHost host, string path)
    {
        var view = host.Barrier.System(default).Folder("token/");
        Assert.True((await view.Begin().Delete(view, path).CommitAsync(default)).Succeeded);
    }
}
