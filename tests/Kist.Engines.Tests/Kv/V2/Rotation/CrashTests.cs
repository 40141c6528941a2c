using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>A node that is cut off at any commit or effect outside: the next one brings the rotation to its end, and no value is lost.</summary>
public sealed class CrashTests
{
    private const string Rule = """{"period":"24h","target":{"type":"database","mount":"db","connection":"main","username":"app"}}""";

    [Theory]
    [InlineData(Lost.Before)]
    [InlineData(Lost.After)]
    public async Task The_target_takes_what_the_secret_says_wherever_a_node_was_cut_off(Lost lost)
    {
        var stops = 0;
        while (true)
        {
            await using var bed = await RotationBed.StartAsync();
            await bed.SetAsync(Rule).Ok();
            var cut = new Cut(bed, stops + 1, lost);
            var answer = await bed.RotateAsync();
            if (!cut.Happened)
            {
                Assert.Null(answer.Failure);
                break;
            }
            stops++;
            Assert.NotNull(answer.Failure);
            // What the one before has claimed is taken up when its time is over.
            bed.Clock.Advance(TimeSpan.FromMinutes(3));
            await bed.RestartAsync();
            await Eventually.HoldsAsync(async () => (await bed.StateAsync()).Text("phase") == "idle");
            var data = await bed.DataAsync();
            Assert.Equal((bed.Engine.Users["main/app"], "h"), (data.Text("password"), data.Text("host")));
            // Nothing of it is left over, and it can rotate again.
            await bed.RotateAsync().Ok();
            Assert.Equal(bed.Engine.Users["main/app"], await bed.PasswordAsync());
            Assert.DoesNotContain(await KeysAsync(bed), key => key.StartsWith("p/", StringComparison.Ordinal));
        }
        // Four commits (staged, applied, promoted, idle) and five boundaries at least.
        Assert.True(stops >= 8, $"only {stops} stops");
    }

    [Fact]
    public async Task A_target_that_has_the_new_value_already_is_not_given_it_again()
    {
        await using var bed = await RotationBed.StartAsync();
        await bed.SetAsync(Rule).Ok();
        bed.OnBoundary = boundary => boundary == "kv.rotation.answered" ? throw new StoreUnavailableException("cut off") : default;
        Assert.NotNull((await bed.RotateAsync()).Failure);
        Assert.Equal((1, "first"), (bed.Engine.Applied, await bed.PasswordAsync()));
        bed.Clock.Advance(TimeSpan.FromMinutes(3));
        await bed.RestartAsync();
        await Eventually.HoldsAsync(async () => (await bed.StateAsync()).Text("phase") == "idle");
        Assert.Equal((1, bed.Engine.Users["main/app"]), (bed.Engine.Applied, await bed.PasswordAsync()));
    }

    [Fact]
    public async Task While_one_node_is_at_work_no_other_asks_the_target()
    {
        await using var bed = await RotationBed.StartAsync();
        await bed.SetAsync(Rule).Ok();
        bed.OnBoundary = async boundary =>
        {
            if (boundary != "kv.rotation.staged")
                return;
            bed.OnBoundary = static _ => default;
            var other = await bed.RotateAsync().Fails(Kist.Core.FailureKind.Conflict);
            Assert.Equal("kv.rotation_running", other.Code);
        };
        await bed.RotateAsync().Ok();
        Assert.Equal(1, bed.Engine.Applied);
    }

    private static async Task<IReadOnlyList<string>> KeysAsync(RotationBed bed)
    {
        var mount = (await bed.Node.Node.Mounts.CurrentAsync(default)).All.Single(m => m.Path == "kv/");
        return await bed.Node.Node.Barrier.ForMount(mount).ScanAsync("", 0, default);
    }

    /// <summary>Whether the commit that a node is cut off at happened.</summary>
    public enum Lost
    {
        Before,
        After,
    }

    /// <summary>Cuts a node off from the store at the so manieth commit or boundary of a rotation.</summary>
    private sealed class Cut
    {
        private readonly int stop;
        private int events;

        public Cut(RotationBed bed, int stop, Lost lost)
        {
            this.stop = stop;
            bed.Hooked.OnCommit = async (_, commit) =>
            {
                var happens = !Happened && (!IsNext() || lost == Lost.After);
                var outcome = happens ? await commit() : default;
                return Happened ? throw new StoreUnavailableException("cut off") : outcome;
            };
            bed.OnBoundary = _ => Happened || IsNext() ? throw new StoreUnavailableException("cut off") : default;
        }

        public bool Happened { get; private set; }

        private bool IsNext() => Happened = ++events == stop;
    }
}
