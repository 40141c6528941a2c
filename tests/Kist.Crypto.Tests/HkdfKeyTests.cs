using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Kist.Crypto.Tests;

public class HkdfKeyTests
{
    [Fact]
    public void The_known_answer_of_RFC_5869_without_salt_holds()
    {
        // Appendix A.3.
        using var key = new HkdfKey(Enumerable.Repeat((byte)0x0b, 22).ToArray());
        var output = new byte[42];
        key.Derive([], output);
        Assert.Equal("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8", Convert.ToHexStringLower(output));
    }

    [Fact]
    public void Derives_what_the_base_library_derives() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonNull<byte[]>>(), ArbMap.Default.ArbFor<NonNull<byte[]>>(), Gen.Choose(0, 100).ToArbitrary(), (secret, info, length) =>
            {
                // The base library takes no empty key.
                byte[] ikm = [1, .. secret.Get];
                using var key = new HkdfKey(ikm);
                var output = new byte[length];
                key.Derive(info.Get, output);
                return length == 0 || output.AsSpan().SequenceEqual(HKDF.DeriveKey(HashAlgorithmName.SHA256, ikm, length, [], info.Get));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_longest_output_is_the_last_block_that_a_counter_of_one_byte_allows()
    {
        using var key = new HkdfKey("key"u8);
        var longest = new byte[HkdfKey.MostBytes];
        key.Derive("info"u8, longest);
        Assert.Equal(HKDF.DeriveKey(HashAlgorithmName.SHA256, "key"u8.ToArray(), longest.Length, [], "info"u8.ToArray()), longest);
        Assert.Throws<ArgumentException>(() => key.Derive("info"u8, new byte[HkdfKey.MostBytes + 1]));
    }

    [Fact]
    public void A_disposed_key_derives_no_more_and_prints_nothing()
    {
        var key = new HkdfKey("key"u8);
        Assert.Equal("[redacted]", key.ToString());
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Derive([], new byte[32]));
    }
}
