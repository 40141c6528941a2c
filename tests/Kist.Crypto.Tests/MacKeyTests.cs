using System.Security.Cryptography;
using System.Text;

namespace Kist.Crypto.Tests;

public class MacKeyTests
{
    /// <summary>RFC 4231, section 4; the fifth code is truncated there.</summary>
    public static TheoryData<string, string, string> Vectors => new()
    {
        { Repeat("0b", 20), Ascii("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { Ascii("Jefe"), Ascii("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { Repeat("aa", 20), Repeat("dd", 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
        {
            "0102030405060708090a0b0c0d0e0f10111213141516171819", Repeat("cd", 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        },
        { Repeat("0c", 20), Ascii("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b" },
        {
            Repeat("aa", 131), Ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        },
        {
            Repeat("aa", 131),
            Ascii("This is a test using a larger than block-size key and a larger than block-size data. "
                + "The key needs to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Known_answers_of_RFC_4231_hold(string key, string data, string mac)
    {
        using var macKey = new MacKey(Convert.FromHexString(key));
        var computed = new byte[MacKey.MacBytes];
        for (var use = 0; use < 3; use++)
        {
            macKey.Compute(Convert.FromHexString(data), computed);
            Assert.StartsWith(mac, Convert.ToHexStringLower(computed));
        }
    }

    [Fact]
    public async Task Eight_threads_on_one_key_never_spoil_each_others_codes()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        using var macKey = new MacKey(secret);
        var threads = Enumerable.Range(0, 8).Select(seed => Task.Factory.StartNew(
            () =>
            {
                var failures = 0;
                var data = new byte[100 + seed];
                Span<byte> mac = stackalloc byte[32];
                for (var i = 0; i < 20_000; i++)
                {
                    data.AsSpan().Fill((byte)(i + seed));
                    macKey.Compute(data, mac);
                    if (!mac.SequenceEqual(HMACSHA256.HashData(secret, data)))
                        failures++;
                }
                return failures;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        Assert.All(await Task.WhenAll(threads), count => Assert.Equal(0, count));
    }

    [Fact]
    public void A_short_buffer_is_refused_and_leaves_no_trace_in_the_next_code()
    {
        using var macKey = new MacKey("key"u8);
        Assert.Throws<ArgumentException>(() => macKey.Compute("first"u8, new byte[31]));
        var mac = new byte[32];
        macKey.Compute("second"u8, mac);
        Assert.Equal(HMACSHA256.HashData("key"u8, "second"u8), mac);
    }

    [Fact]
    public void A_disposed_key_computes_no_more()
    {
        var macKey = new MacKey("key"u8);
        macKey.Dispose();
        Assert.Throws<ObjectDisposedException>(() => macKey.Compute("data"u8, new byte[32]));
    }

    private static string Repeat(string hex, int times) => string.Concat(Enumerable.Repeat(hex, times));

    private static string Ascii(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));
}
