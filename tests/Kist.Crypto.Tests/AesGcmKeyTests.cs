using System.Security.Cryptography;

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

    // Test case 4 of the same document: AES-128 with associated data.
    [Fact]
    public void A_known_answer_with_associated_data_holds()
    {
        using var key = new AesGcmKey(Hex("feffe9928665731c6d6a8f9467308308"));
        var plaintext = Hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
        var (ciphertext, tag, back, data) = (new byte[60], new byte[16], new byte[60], Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
        key.Encrypt(Hex("cafebabefacedbaddecaf888"), plaintext, ciphertext, tag, data);
        Assert.Equal(
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
            Convert.ToHexStringLower(ciphertext));
        Assert.Equal("5bc94fbc3221a5db94fae95ae7121a47", Convert.ToHexStringLower(tag));
        Assert.True(key.TryDecrypt(Hex("cafebabefacedbaddecaf888"), ciphertext, tag, back, data));
        Assert.Equal(plaintext, back);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    public void What_is_encrypted_once_is_what_a_kept_key_encrypts(int size)
    {
        var (secret, plain, nonce) = (RandomNumberGenerator.GetBytes(size), RandomNumberGenerator.GetBytes(50), new byte[12]);
        using var kept = new AesGcmKey(secret);
        var (once, onceTag, other, otherTag, back) = (new byte[50], new byte[16], new byte[50], new byte[16], new byte[50]);
        AesGcmKey.EncryptOnce(secret, nonce, plain, once, onceTag, "data"u8);
        kept.Encrypt(nonce, plain, other, otherTag, "data"u8);
        Assert.Equal(other, once);
        Assert.Equal(otherTag, onceTag);
        Assert.True(AesGcmKey.TryDecryptOnce(secret, nonce, once, onceTag, back, "data"u8));
        Assert.Equal(plain, back);
        Assert.False(AesGcmKey.TryDecryptOnce(secret, nonce, once, onceTag, back, "other"u8));
        Assert.All(back, b => Assert.Equal(0, b));
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
        Assert.Throws<ArgumentException>(() => AesGcmKey.EncryptOnce(new byte[size], new byte[12], [], [], new byte[16], []));
        Assert.Throws<ArgumentException>(() => AesGcmKey.TryDecryptOnce(new byte[size], new byte[12], [], new byte[16], [], []));
    }

    private static byte[] Hex(string hex) => Convert.FromHexString(hex);
}
