using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Nodes;

/// <summary>What is due at mounts without a request is done by the leader.</summary>
public sealed class MountTendingTests
{
    [Fact]
    public async Task A_leader_tends_each_mount_and_one_that_fails_keeps_no_other_waiting()
    {
        await using var store = new MemoryStore();
        var former = await TestNode.CreateAsync(store, new TendedEngine { IsIdle = true });
        foreach (var path in new[] { "a", "b", "c" })
            await former.WriteAsync($"sys/mounts/{path}", """{"type":"tended"}""").Ok();
        await former.WriteAsync("a/fails", """{"text":"always"}""").Ok();
        await former.DisposeAsync();
        // The first thing that a new leader does is to tend the mounts.
        await using var leader = await TestNode.JoinAsync(store, former, new TendedEngine());
        foreach (var path in new[] { "b", "c" })
            await Eventually.HoldsAsync(async () => (await leader.ReadAsync($"{path}/tended")).Failure is null);
        await leader.ReadAsync("a/tended").Fails(FailureKind.NotFound);
        Assert.Equal(["tend a/"], leader.FailedDuties.Distinct());
    }

    /// <summary>Leaves a note at each mount that is tended, and cannot where a note says so.</summary>
    private sealed class TendedEngine : MountType
    {
        private readonly NotesEngine notes = new();

        public bool IsIdle { get; init; }

        public override string Name => "tended";

        public override MountKind Kind => MountKind.Secrets;

        public override string Description => notes.Description;

        public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => notes.Routes(options);

        public override async ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
        {
            if (IsIdle)
                return;
            if (await storage.ReadAsync("fails", cancellationToken) is not null)
                throw new InvalidOperationException("this mount cannot be tended");
            await storage.Begin().Require(fence).Put(storage, "tended", "yes"u8.ToArray()).CommitAsync(cancellationToken);
        }
    }
}
