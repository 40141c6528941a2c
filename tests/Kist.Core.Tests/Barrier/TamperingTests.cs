using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;

namespace Kist.Core.Tests.Barrier;

public class TamperingTests
{
    private const string Secret = "planted-secret";

    private readonly BarrierBuilder builder = new();
    private BarrierStore? barrier;

    [Fact]
    public async Task Every_flipped_bit_of_a_stored_value_is_refused()
    {
        var view = await WrittenAsync();
        var stored = (await builder.Store.StoredAsync(view, "a"))[0].Value.ToArray();
        for (var bit = 0; bit < stored.Length * 8; bit++)
        {
            var flipped = stored.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            await AssertRefusedAsync(view, "a", flipped);
        }
        await builder.Store.TamperAsync(view, "a", stored);
        Assert.Equal(Secret, await view.ReadTextAsync("a"));
    }

    [Fact]
    public async Task A_value_cut_to_any_length_or_made_longer_is_refused()
    {
        var view = await WrittenAsync();
        var stored = (await builder.Store.StoredAsync(view, "a"))[0].Value.ToArray();
        for (var length = 0; length < stored.Length; length++)
            await AssertRefusedAsync(view, "a", stored[..length]);
        await AssertRefusedAsync(view, "a", [.. stored, 0]);
    }

    [Fact]
    public async Task Random_bytes_are_refused()
    {
        var view = await WrittenAsync();
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), garbage =>
        {
            // Beginning like a real value half of the time.
            byte[] value = garbage.Length % 2 == 0 ? [1, 0, 0, 0, 1, .. garbage] : garbage;
            AssertRefusedAsync(view, "a", value).GetAwaiter().GetResult();
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Two_values_that_change_places_are_refused()
    {
        var view = await WrittenAsync();
        var stored = await builder.Store.StoredAsync(view, "a", "b");
        await builder.Store.TamperAsync(view, "a", stored[1].Value.ToArray());
        await builder.Store.TamperAsync(view, "b", stored[0].Value.ToArray());
        await AssertRefusedAsync(view, "a");
        await AssertRefusedAsync(view, "b");
    }

    [Fact]
    public async Task A_value_moved_to_another_mount_or_namespace_is_refused()
    {
        var view = await WrittenAsync();
        var stored = (await builder.Store.StoredAsync(view, "a"))[0].Value.ToArray();
        foreach (var other in new[] { Elsewhere(NamespaceId.Root, 9), Elsewhere(new NamespaceId(9), 0) })
            await AssertRefusedAsync(other, "a", stored);

        StorageView Elsewhere(NamespaceId ns, ulong mount) => new(barrier!, ns, mount, "");
    }

    [Fact]
    public async Task A_record_that_was_changed_is_refused_too()
    {
        var view = await WrittenAsync();
        await builder.Store.TamperAsync(view, "a", [1, 2, 3]);
        var refusal = await Assert.ThrowsAsync<BarrierIntegrityException>(
            () => view.ReadRecordAsync("a", BootstrapJson.Default.StateRecord, default).AsTask());
        Assert.Contains("\"a\"", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authentic_value_that_is_no_record_of_the_type_is_named_and_not_shown()
    {
        var view = await WrittenAsync();
        var refusal = await Assert.ThrowsAsync<BarrierIntegrityException>(
            () => view.ReadRecordAsync("a", BootstrapJson.Default.StateRecord, default).AsTask());
        Assert.DoesNotContain("planted", refusal.ToString(), StringComparison.Ordinal);
    }

    private async Task<StorageView> WrittenAsync()
    {
        var node = await builder.NodeAsync();
        barrier = node.Barrier;
        await node.View.WriteAsync("a", Secret);
        await node.View.WriteAsync("b", Secret);
        return node.View;
    }

    private async Task AssertRefusedAsync(StorageView view, string path, byte[] value)
    {
        await builder.Store.TamperAsync(view, path, value);
        await AssertRefusedAsync(view, path);
    }

    private static async Task AssertRefusedAsync(StorageView view, string path)
    {
        var refusal = await Assert.ThrowsAsync<BarrierIntegrityException>(() => view.ReadAsync(path, default).AsTask());
        Assert.Contains($"\"{path}\"", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refusal.ToString(), StringComparison.Ordinal);
    }
}
