using System.Security.Cryptography;

namespace Kist.Crypto.Tests;

public sealed class AesGcmSeedTests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 40).Select(i => (byte)i)];
    private static readonly byte[] Info = [.. Enumerable.Range(100, 32).Select(i => (byte)i)];

    [Fact]
    public void Key_of_a_message_is_the_first_block_of_hkdf_expand()
    {
        // RFC 5869, 2.3: T(1) = HMAC-Hash(PRK, info | 0x01).
        using var expected = new AesGcmKey(HMACSHA256.HashData(Seed, (byte[])[.. Info, 1]));
        using var seed = new AesGcmSeed(Seed);
        var (ciphertext, tag, back) = (new byte[5], new byte[16], new byte[5]);
        seed.Encrypt(Info, new byte[12], "hello"u8, ciphertext, tag, "data"u8);
        Assert.True(expected.TryDecrypt(new byte[12], ciphertext, tag, back, "data"u8));
        Assert.Equal("hello"u8.ToArray(), back);
    }

    [Fact]
    public void Every_flipped_bit_of_the_info_is_refused()
    {
        using var seed = new AesGcmSeed(Seed);
        var (ciphertext, tag) = (new byte[5], new byte[16]);
        seed.Encrypt(Info, new byte[12], "hello"u8, ciphertext, tag, []);
        for (var bit = 0; bit < Info.Length * 8; bit++)
        {
            var (wrong, back) = ((byte[])[.. Info], new byte[5]);
            wrong[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(seed.TryDecrypt(wrong, new byte[12], ciphertext, tag, back, []));
            Assert.All(back, b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void A_short_seed_is_refused_and_a_disposed_one_encrypts_no_more()
    {
        Assert.Throws<ArgumentException>(() => new AesGcmSeed(new byte[31]));
        var seed = new AesGcmSeed(Seed);
        seed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => seed.Encrypt(Info, new byte[12], [], [], new byte[16], []));
        Assert.Equal("[redacted]", seed.ToString());
    }
}
