namespace Kist.Crypto.Tests;

public sealed class AesGcmKeyTests
{
    /// <summary>
    /// Test cases 2, 8 and 14 of "The Galois/Counter Mode of Operation" (McGrew, Viega): one block of zeros under each size of zero key.
    /// </summary>
    [Theory]
    [InlineData(16, "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf")]
    [InlineData(24, "98e7247c07f0fe411c267e4384b0f600", "2ff58d80033927ab8ef4d4587514f0fb")]
    [InlineData(32, "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919")]
    public void Known_answers_hold_for_every_size_of_key(int size, string cipher, string tag)
    {
        using var key = new AesGcmKey(new byte[size]);
        var (ciphertext, computed, back) = (new byte[16], new byte[AesGcmKey.TagBytes], new byte[16]);
        key.Encrypt(new byte[12], new byte[16], ciphertext, computed, []);
        Assert.Equal((cipher, tag), (Convert.ToHexStringLower(ciphertext), Convert.ToHexStringLower(computed)));
        Assert.True(key.TryDecrypt(new byte[12], ciphertext, computed, back, []));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(31)]
    [InlineData(64)]
    public void Other_sizes_are_no_keys(int size)
    {
        Assert.False(AesGcmKey.IsKeySize(size));
        Assert.Throws<ArgumentException>(() => new AesGcmKey(new byte[size]));
        Assert.Throws<ArgumentException>(() => new AesCbcKey(new byte[size]));
    }
}
