using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Etcd;

namespace Kist.Wire.Tests.Etcd;

public sealed class EtcdKeysTests
{
    [Theory]
    [InlineData("", "00", "00")]
    [InlineData("61", "61", "62")]
    [InlineData("61ff", "61ff", "62")]
    [InlineData("ffff", "ffff", "00")]
    public void Prefix_is_a_range(string prefix, string from, string end)
    {
        var keys = EtcdKeys.Prefix(Convert.FromHexString(prefix));
        Assert.Equal((from, end), (Convert.ToHexStringLower(keys.From.Span), Convert.ToHexStringLower(keys.End.Span)));
    }

    [Fact]
    public void Range_of_a_prefix_holds_what_begins_with_it_and_nothing_else()
    {
        var bytes = Gen.Elements<byte>(0, 1, 0x61, 0xFE, 0xFF).ArrayOf();
        Prop.ForAll(Arb.From(bytes), Arb.From(bytes.Where(key => key.Length > 0)), (prefix, key) =>
            Holds(EtcdKeys.Prefix(prefix), key) == key.AsSpan().StartsWith(prefix)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void What_follows_a_key_begins_right_behind_it()
    {
        var after = EtcdKeys.Prefix(Text.Bytes("a")).After("ab"u8);
        Assert.False(Holds(after, "ab"u8));
        Assert.True(Holds(after, "ab\0"u8));
        Assert.False(Holds(after, "b"u8));
    }

    // To etcd, one zero byte means no end.
    [Theory]
    [InlineData("")]
    [InlineData("00")]
    public void Range_that_ends_before_every_key_is_refused(string to) =>
        Assert.Throws<ArgumentException>(() => EtcdKeys.Between(Text.Bytes("a"), Convert.FromHexString(to)));

    [Fact]
    public void Range_ends_at_two_zero_bytes() => Assert.False(Holds(EtcdKeys.Between(default, new byte[2]), "a"u8));

    // As etcd reads a range.
    private static bool Holds(EtcdKeys keys, ReadOnlySpan<byte> key) =>
        key.SequenceCompareTo(keys.From.Span) >= 0 && (keys.End.Span is [0] || key.SequenceCompareTo(keys.End.Span) < 0);
}
