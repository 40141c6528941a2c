using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>
/// What one node changes binds the other when the bound of two seconds has passed, though the watch has told it nothing. The other's clock stands until it is
/// moved, so that nothing here depends on how long anything takes.
/// </summary>
public sealed class StalenessTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private readonly ManualClock clock = new();
    private readonly GatedStore way;
    private TestNode here = null!;
    private TestNode there = null!;

    public StalenessTests() => way = new GatedStore(store);

    public async Task InitializeAsync()
    {
        here = await TestNode.CreateAsync(store, new NotesEngine());
        there = await TestNode.JoinAsync(way, here, new NodeOptions { StoreClock = clock }, new NotesEngine());
    }

    public async Task DisposeAsync()
    {
        way.Watched.Open();
        await there.DisposeAsync();
        await here.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_revoked_token_is_refused()
    {
        var created = await here.WriteAsync("auth/token/create", """{"policies":["default"]}""").Ok();
        var token = created.Auth!.ClientToken;
        await CutWatchAsync("auth/token/lookup-self", token, created);
        await here.WriteAsync("auth/token/revoke-self", "", token).Ok();
        await there.ReadAsync("auth/token/lookup-self", token).Ok();
        PassBound();
        await there.ReadAsync("auth/token/lookup-self", token).Fails(FailureKind.Unauthenticated);
    }

    [Fact]
    public async Task A_changed_policy_is_obeyed()
    {
        await here.WriteAsync("sys/policies/acl/seer", """{"policy":"path \"sys/mounts\" { capabilities = [\"read\"] }"}""").Ok();
        var created = await here.WriteAsync("auth/token/create", """{"policies":["seer"]}""").Ok();
        var token = created.Auth!.ClientToken;
        await CutWatchAsync("sys/mounts", token, created);
        await here.WriteAsync("sys/policies/acl/seer", """{"policy":"path \"sys/mounts\" { capabilities = [\"deny\"] }"}""").Ok();
        await there.ReadAsync("sys/mounts", token).Ok();
        PassBound();
        await there.ReadAsync("sys/mounts", token).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task An_unmounted_engine_answers_no_more()
    {
        await here.WriteAsync("sys/mounts/n", """{"type":"notes"}""").Ok();
        var written = await here.WriteAsync("n/x", """{"text":"1"}""").Ok();
        await CutWatchAsync("n/x", here.RootToken, written);
        await here.DeleteAsync("sys/mounts/n").Ok();
        PassBound();
        await there.ReadAsync("n/x").Fails(FailureKind.NotFound);
    }

    // The other node has seen the write and has all in its cache that the request needs; from then on it hears nothing.
    private async Task CutWatchAsync(string path, SecretText token, Response after)
    {
        await there.BecomeFreshAsync(clock);
        await there.AskAsync(Operation.Read, path, "", token, index: after.Index).Ok();
        await there.ReadAsync(path, token).Ok();
        way.Watched.Close();
    }

    private void PassBound() => clock.Advance(CachedStore.Bound + TimeSpan.FromTicks(1));
}
