using Kist.Core.Storage;

namespace Kist.Core.Tests.Nodes;

/// <summary>Two nodes over one store behave as one.</summary>
public sealed class TwoNodesTests
{
    [Fact]
    public async Task What_one_mounts_the_other_serves_and_what_it_unmounts_is_gone()
    {
        await using var pair = await Pair.CreateAsync();
        await pair.A.WriteAsync("sys/mounts/n", """{"type":"notes"}""").Ok();
        var written = await pair.A.WriteAsync("n/x", """{"text":"1"}""").Ok();
        var read = await pair.B.AskAsync(Pipeline.Operation.Read, "n/x", "", index: written.Index);
        Assert.Equal("1", read.Json().Text("text"));
        await pair.B.DeleteAsync("sys/mounts/n").Ok();
        await Pair.Eventually(async () => (await pair.A.ReadAsync("n/x")).Failure?.Kind == FailureKind.NotFound);
    }

    [Fact]
    public async Task A_token_revoked_on_one_is_refused_on_the_other()
    {
        await using var pair = await Pair.CreateAsync();
        var token = (await pair.A.WriteAsync("auth/token/create", """{"policies":["default"]}""").Ok()).Auth!.ClientToken;
        await Pair.Eventually(async () => (await pair.B.ReadAsync("auth/token/lookup-self", token)).Failure is null);
        await pair.A.WriteAsync("auth/token/revoke-self", "", token).Ok();
        await Pair.Eventually(async () => (await pair.B.ReadAsync("auth/token/lookup-self", token)).Failure?.Kind == FailureKind.Unauthenticated);
    }

    [Fact]
    public async Task A_policy_changed_on_one_is_obeyed_on_the_other()
    {
        await using var pair = await Pair.CreateAsync();
        await pair.A.WriteAsync("sys/policies/acl/seer", """{"policy":"path \"sys/mounts\" { capabilities = [\"read\"] }"}""").Ok();
        var token = (await pair.A.WriteAsync("auth/token/create", """{"policies":["seer"]}""").Ok()).Auth!.ClientToken;
        await Pair.Eventually(async () => (await pair.B.ReadAsync("sys/mounts", token)).Failure is null);
        await pair.A.WriteAsync("sys/policies/acl/seer", """{"policy":"path \"sys/mounts\" { capabilities = [\"deny\"] }"}""").Ok();
        await Pair.Eventually(async () => (await pair.B.ReadAsync("sys/mounts", token)).Failure?.Kind == FailureKind.Denied);
    }

    [Fact]
    public async Task A_rotation_on_one_is_followed_by_the_other_in_both_directions()
    {
        await using var pair = await Pair.CreateAsync();
        await pair.A.WriteAsync("sys/rotate").Ok();
        await pair.A.WriteAsync("cubbyhole/after", """{"v":"a"}""").Ok();
        await Pair.Eventually(async () => (await pair.B.ReadAsync("cubbyhole/after")).Failure is null);
        await pair.B.WriteAsync("cubbyhole/from-b", """{"v":"b"}""").Ok();
        await Pair.Eventually(async () => (await pair.A.ReadAsync("cubbyhole/from-b")).Failure is null);
        await Pair.Eventually(async () => (await pair.B.ReadAsync("sys/key-status")).Json().GetProperty("term").GetInt32() == 2);
    }

    [Fact]
    public async Task A_seal_on_one_seals_the_other_and_self_alone_does_not()
    {
        await using var pair = await Pair.CreateAsync();
        await pair.A.WriteAsync("sys/seal", """{"node":"self"}""").Ok();
        Assert.False(pair.A.Node.IsServing);
        Assert.True(pair.B.Node.IsServing);
        await pair.A.UnsealAsync();
        await pair.A.WriteAsync("sys/seal").Ok();
        await Pair.Eventually(() => Task.FromResult(!pair.B.Node.IsServing));
        await pair.B.ReadAsync("sys/mounts").Fails(FailureKind.Sealed);
    }

    [Fact]
    public async Task Of_many_unwraps_on_both_exactly_one_succeeds()
    {
        await using var pair = await Pair.CreateAsync();
        for (var round = 0; round < 10; round++)
        {
            var wrapped = (await pair.A.WriteAsync("sys/wrapping/wrap", """{"secret":"x"}""", wrap: TimeSpan.FromMinutes(5)).Ok()).Wrap!.Token;
            var unwraps = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => pair[i].WriteAsync("sys/wrapping/unwrap", "", wrapped))));
            Assert.Equal(1, unwraps.Count(r => r.Failure is null));
        }
        pair.AssertNoFaults();
    }

    [Fact]
    public async Task Use_limits_hold_across_both()
    {
        await using var pair = await Pair.CreateAsync();
        var token = (await pair.A.WriteAsync("auth/token/create", """{"policies":["default"],"num_uses":5}""").Ok()).Auth!.ClientToken;
        var uses = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => pair[i].ReadAsync("auth/token/lookup-self", token))));
        Assert.Equal(5, uses.Count(r => r.Failure is null));
        pair.AssertNoFaults();
    }

    [Fact]
    public async Task Of_two_nodes_that_initialise_at_once_one_succeeds()
    {
        await using var store = new MemoryStore();
        await using var a = TestNode.Sealed(store);
        await using var b = TestNode.Sealed(store);
        var made = await Task.WhenAll(
            Task.Run(() => a.Node.InitializeAsync(1, 1, null, default)), Task.Run(() => b.Node.InitializeAsync(1, 1, null, default)));
        Assert.Equal(1, made.Count(m => m.Succeeded));
    }

    private sealed class Pair(MemoryStore store, TestNode a, TestNode b) : IAsyncDisposable
    {
        public TestNode A => a;

        public TestNode B => b;

        public TestNode this[int i] => i % 2 == 0 ? a : b;

        public static async Task<Pair> CreateAsync()
        {
            var store = new MemoryStore();
            var first = await TestNode.CreateAsync(store, new NotesEngine());
            return new Pair(store, first, await TestNode.JoinAsync(store, first, new NotesEngine()));
        }

        /// <summary>Waits for the other node to follow. How long that may take is not asked here but of a clock that stands, in <see cref="StalenessTests"/>.</summary>
        public static async Task Eventually(Func<Task<bool>> holds)
        {
            var end = TimeProvider.System.GetTimestamp() + (TimeProvider.System.TimestampFrequency * 60);
            while (!await holds())
            {
                Assert.True(TimeProvider.System.GetTimestamp() < end, "the other node did not follow");
                await Task.Delay(10);
            }
        }

        public void AssertNoFaults() => Assert.Empty(a.Faults.Concat(b.Faults));

        public async ValueTask DisposeAsync()
        {
            await a.DisposeAsync();
            await b.DisposeAsync();
            await store.DisposeAsync();
        }
    }
}
