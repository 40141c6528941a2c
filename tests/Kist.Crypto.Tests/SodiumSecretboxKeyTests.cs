namespace Kist.Crypto.Tests;

public sealed class SodiumSecretboxKeyTests
{
    private const string NaclKey = "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389";
    private const string NaclNonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37";
    private const string NaclMessage =
        "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
        + "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
        + "5e0705";
    private const string NaclBox =
        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
        + "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
        + "7973f622a43d14a6599b1f654cb45a74e355a5";

    /// <summary>The example of "Cryptography in NaCl" (Bernstein), section 10.</summary>
    [Fact]
    public void Known_answer_of_nacl_holds()
    {
        using var key = new SodiumSecretboxKey(Hex(NaclKey));
        var box = new byte[NaclMessage.Length / 2 + SodiumSecretboxKey.TagBytes];
        key.Seal(Hex(NaclNonce), Hex(NaclMessage), box);
        Assert.Equal(NaclBox, Convert.ToHexStringLower(box));
        var back = new byte[NaclMessage.Length / 2];
        Assert.True(key.TryOpen(Hex(NaclNonce), Hex(NaclBox), back));
        Assert.Equal(NaclMessage, Convert.ToHexStringLower(back));
    }

    /// <summary>The example of Go's golang.org/x/crypto/nacl/secretbox, which the API server uses: key of ones, nonce of twos, 64 threes.</summary>
    [Fact]
    public void Known_answer_of_go_holds()
    {
        using var key = new SodiumSecretboxKey(Enumerable.Repeat((byte)1, 32).ToArray());
        var box = new byte[64 + SodiumSecretboxKey.TagBytes];
        key.Seal(Enumerable.Repeat((byte)2, 24).ToArray(), Enumerable.Repeat((byte)3, 64).ToArray(), box);
        Assert.Equal(
            "8442bc313f4626f1359e3b50122b6ce6fe66ddfe7d39d14e637eb4fd5b45beadab55198df6ab5368439792a23c87db70acb6156dc5ef957ac04f6276cf6093b8"
            + "4be77ff0849cc33e34b7254d5a8f65ad",
            Convert.ToHexStringLower(box));
    }

    [Fact]
    public void Every_flipped_bit_of_box_and_nonce_is_refused()
    {
        using var key = new SodiumSecretboxKey(Hex(NaclKey));
        var (nonce, box, back) = (Hex(NaclNonce), Hex(NaclBox), new byte[NaclMessage.Length / 2]);
        foreach (var part in (byte[][])[nonce, box])
        {
            for (var bit = 0; bit < part.Length * 8; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                back.AsSpan().Fill(0xAA);
                Assert.False(key.TryOpen(nonce, box, back));
                Assert.All(back, b => Assert.Equal(0, b));
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public void An_empty_message_has_a_box_and_a_short_box_no_message()
    {
        using var key = new SodiumSecretboxKey(Hex(NaclKey));
        var box = new byte[SodiumSecretboxKey.TagBytes];
        key.Seal(Hex(NaclNonce), [], box);
        Assert.True(key.TryOpen(Hex(NaclNonce), box, []));
        Assert.False(key.TryOpen(Hex(NaclNonce), box.AsSpan(1), []));
    }

    [Fact]
    public void Wrong_lengths_are_refused_before_the_library_sees_them()
    {
        Assert.Throws<ArgumentException>(() => new SodiumSecretboxKey(new byte[31]));
        using var key = new SodiumSecretboxKey(new byte[32]);
        Assert.Throws<ArgumentException>(() => key.Seal(new byte[23], new byte[4], new byte[20]));
        Assert.Throws<ArgumentException>(() => key.Seal(new byte[24], new byte[4], new byte[19]));
        Assert.Throws<ArgumentException>(() => key.TryOpen(new byte[24], new byte[20], new byte[3]));
    }

    [Fact]
    public void A_disposed_key_opens_no_more()
    {
        var key = new SodiumSecretboxKey(new byte[32]);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.TryOpen(new byte[24], new byte[16], []));
        Assert.Equal("[redacted]", key.ToString());
    }

    [Fact]
    public void A_missing_library_is_named_with_the_package_that_has_it()
    {
        Assert.Null(SodiumSecretboxKey.Fault);
        Assert.Contains("libsodium23", SodiumLibrary.Missing(["libsodium.so.23"]), StringComparison.Ordinal);
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
