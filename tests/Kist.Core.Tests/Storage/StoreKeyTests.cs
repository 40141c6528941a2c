using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

public sealed class StoreKeyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(4097)]
    public void Length_outside_its_bounds_is_refused(int length) => Assert.ThrowsAny<ArgumentException>(() => new StoreKey(new byte[length]));

    [Fact]
    public void Order_is_that_of_unsigned_bytes()
    {
        StoreKey[] sorted = [new([0]), new([0, 0]), new([0x7F]), new([0x80]), new([0xFF]), new([0xFF, 0])];
        Assert.Equal(sorted, sorted.Reverse().Order());
        Assert.True(sorted[2] < sorted[3] && sorted[4] > sorted[3] && sorted[0] <= sorted[0] && sorted[1] >= sorted[0]);
        Assert.True(sorted[0] != sorted[1] && sorted[0] == new StoreKey([0]));
    }

    [Fact]
    public void Successor_of_a_longest_key_is_not_longer()
    {
        var longest = new StoreKey([.. new byte[StoreLimits.KeyBytes - 1], 7]);
        Assert.Equal(new StoreKey([.. new byte[StoreLimits.KeyBytes - 1], 8]), longest.Successor());
    }

    [Fact]
    public void Prefix_of_greatest_bytes_has_no_end() => Assert.Throws<InvalidOperationException>(() => new StoreKey([0xFF, 0xFF]).PrefixEnd());

    [Fact]
    public void Prefix_end_parts_keys_with_the_prefix_from_greater_ones() =>
        Prop.ForAll(Keys(), Keys(), (prefix, key) =>
        {
            if (prefix.Span.IndexOfAnyExcept((byte)0xFF) < 0)
                return true;
            var inside = key >= prefix && key < prefix.PrefixEnd();
            return inside == key.Span.StartsWith(prefix.Span);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Nothing_lies_between_a_key_and_its_successor() =>
        Prop.ForAll(Keys(), Keys(), (key, other) => key < key.Successor() && (other <= key || other >= key.Successor())).QuickCheckThrowOnFailure();

    [Fact]
    public void Text_shows_ascii_and_escapes_the_rest() => Assert.Equal("a/b\\x5c\\x00\\xff", new StoreKey([.. "a/b\\"u8, 0, 0xFF]).ToString());

    private static Arbitrary<StoreKey> Keys() =>
        Arb.From(Gen.Elements<byte>(0, 1, 0x7F, 0xFE, 0xFF).NonEmptyListOf().Select(b => new StoreKey([.. b.Take(4)])));
}
