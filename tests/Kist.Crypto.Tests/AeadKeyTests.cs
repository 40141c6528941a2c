using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace Kist.Crypto.Tests;

public class AeadKeyTests
{
    private const string Key15 = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    private const string Nonce15 = "cafebabefacedbaddecaf888";
    private const string Plain15 =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
    private const string Cipher15 =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
    private const string Zero32 = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), which NIST SP 800-38D took over.</summary>
    public static TheoryData<string, string, string, string, string, string> Vectors => new()
    {
        { Zero32, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b" },
        {
            Zero32, "000000000000000000000000", "00000000000000000000000000000000", "",
            "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"
        },
        { Key15, Nonce15, Plain15, "", Cipher15, "b094dac5d93471bdec1a502270e3cc6c" },
        {
            Key15, Nonce15, Plain15[..120], "feedfacedeadbeeffeedfacedeadbeefabaddad2", Cipher15[..120], "76fc6ece0f4e1768cddf8853bb2d551b"
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Known_answers_of_the_specification_hold(string key, string nonce, string plain, string data, string cipher, string tag)
    {
        using var aead = new AeadKey(Hex(key));
        var ciphertext = new byte[plain.Length / 2];
        var computedTag = new byte[AeadKey.TagBytes];
        aead.Encrypt(Hex(nonce), Hex(plain), ciphertext, computedTag, Hex(data));
        Assert.Equal(cipher, Convert.ToHexStringLower(ciphertext));
        Assert.Equal(tag, Convert.ToHexStringLower(computedTag));

        var plaintext = new byte[ciphertext.Length];
        Assert.True(aead.TryDecrypt(Hex(nonce), Hex(cipher), Hex(tag), plaintext, Hex(data)));
        Assert.Equal(plain, Convert.ToHexStringLower(plaintext));
    }

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Every_flipped_bit_of_the_tag_is_refused(string key, string nonce, string plain, string data, string cipher, string tag)
    {
        using var aead = new AeadKey(Hex(key));
        for (var bit = 0; bit < 128; bit++)
        {
            var wrong = Hex(tag);
            wrong[bit / 8] ^= (byte)(1 << (bit % 8));
            var plaintext = Enumerable.Repeat((byte)0xAA, plain.Length / 2).ToArray();
            Assert.False(aead.TryDecrypt(Hex(nonce), Hex(cipher), wrong, plaintext, Hex(data)));
            Assert.All(plaintext, b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public void Any_flipped_bit_of_nonce_data_or_ciphertext_is_refused()
    {
        var fields = Gen.Choose(0, 2).Two().Select(pair => pair.Item1);
        var cases = from field in fields from bit in Gen.Choose(0, 95) select (field, bit);
        using var aead = new AeadKey(Hex(Key15));
        Prop.ForAll(cases.ToArbitrary(), flip =>
        {
            byte[][] parts = [Hex(Nonce15), Hex(Cipher15[..120]), Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")];
            parts[flip.field][flip.bit / 8] ^= (byte)(1 << (flip.bit % 8));
            return !aead.TryDecrypt(parts[0], parts[1], Hex("76fc6ece0f4e1768cddf8853bb2d551b"), new byte[60], parts[2]);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Eight_threads_on_one_key_never_spoil_each_others_messages()
    {
        using var aead = new AeadKey(RandomNumberGenerator.GetBytes(32));
        var threads = Enumerable.Range(0, 8).Select(seed => Task.Factory.StartNew(
            () => RoundTrips(aead, seed), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        var failures = await Task.WhenAll(threads);
        Assert.All(failures, count => Assert.Equal(0, count));
    }

    [Fact]
    public void A_key_of_another_size_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new AeadKey(new byte[16]));
        Assert.Throws<ArgumentException>(() => new AeadKey(new byte[33]));
    }

    [Fact]
    public void A_disposed_key_encrypts_and_decrypts_no_more()
    {
        var aead = new AeadKey(new byte[32]);
        aead.Encrypt(new byte[12], [], [], new byte[16], []);
        aead.Dispose();
        Assert.Throws<ObjectDisposedException>(() => aead.Encrypt(new byte[12], [], [], new byte[16], []));
        Assert.Throws<ObjectDisposedException>(() => aead.TryDecrypt(new byte[12], [], new byte[16], [], []));
    }

    // Each thread decrypts with a cipher of its own what it encrypted with the shared key.
    private static int RoundTrips(AeadKey shared, int seed)
    {
        var failures = 0;
        var plain = new byte[200 + seed];
        var (cipher, tag, back, nonce) = (new byte[plain.Length], new byte[16], new byte[plain.Length], new byte[12]);
        for (var i = 0; i < 20_000; i++)
        {
            RandomNumberGenerator.Fill(nonce);
            plain.AsSpan().Fill((byte)(i + seed));
            shared.Encrypt(nonce, plain, cipher, tag, nonce);
            if (!shared.TryDecrypt(nonce, cipher, tag, back, nonce) || !back.AsSpan().SequenceEqual(plain))
                failures++;
        }
        return failures;
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
