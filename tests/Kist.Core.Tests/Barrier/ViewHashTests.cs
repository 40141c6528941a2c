using Kist.Core.Barrier;
using Kist.Core.Namespaces;

namespace Kist.Core.Tests.Barrier;

public sealed class ViewHashTests
{
    [Fact]
    public async Task Equal_secrets_have_equal_hashes_in_one_view_on_every_node_and_after_a_rotation()
    {
        var builder = new BarrierBuilder();
        var here = (await builder.NodeAsync()).Barrier;
        var there = (await builder.NodeAsync()).Barrier;
        var hash = here.System(NamespaceId.Root).Folder("a/").Hash("secret"u8);
        Assert.Equal(64, hash.Length);
        await here.RotateAsync(default);
        Assert.Equal(hash, here.System(NamespaceId.Root).Folder("a/").Hash("secret"u8));
        Assert.Equal(hash, there.System(NamespaceId.Root).Folder("a/").Hash("secret"u8));
    }

    // Where the folder ends and the secret begins must be told apart, and a token's hash must not be that of anything else.
    [Fact]
    public async Task Equal_secrets_have_other_hashes_elsewhere()
    {
        var barrier = (await new BarrierBuilder().NodeAsync()).Barrier;
        var system = barrier.System(NamespaceId.Root);
        var token = new byte[32];
        barrier.HashToken("secret"u8, token);
        string[] hashes =
        [
            system.Hash("secret"u8),
            system.Folder("a/").Hash("secret"u8),
            system.Folder("a/b/").Hash("secret"u8),
            system.Folder("a/").Hash("b/secret"u8),
            system.Folder("a/").Hash("secreu"u8),
            system.Hash(""u8),
            new StorageView(barrier, NamespaceId.Root, 7, "").Hash("secret"u8),
            Convert.ToHexStringLower(token),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct(StringComparer.Ordinal).Count());
    }
}
