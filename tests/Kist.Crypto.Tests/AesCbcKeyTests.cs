namespace Kist.Crypto.Tests;

public sealed class AesCbcKeyTests
{
    private const string Iv = "000102030405060708090a0b0c0d0e0f";
    private const string Plain = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";

    /// <summary>The first two blocks of F.2.1, F.2.3 and F.2.5 of NIST SP 800-38A.</summary>
    [Theory]
    [InlineData("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2")]
    [InlineData("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a")]
    [InlineData(
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d")]
    public void Known_answers_of_the_specification_hold(string keyText, string cipher)
    {
        using var key = new AesCbcKey(Hex(keyText));
        var buffer = new byte[32];
        key.Encrypt(Hex(Iv), Hex(Plain), buffer);
        Assert.Equal(cipher, Convert.ToHexStringLower(buffer));
        key.Decrypt(Hex(Iv), Hex(cipher), buffer);
        Assert.Equal(Plain, Convert.ToHexStringLower(buffer));
    }

    [Fact]
    public void Blocks_may_be_encrypted_in_place()
    {
        using var key = new AesCbcKey(new byte[32]);
        var (apart, inPlace) = (new byte[32], Hex(Plain));
        key.Encrypt(Hex(Iv), inPlace, apart);
        key.Encrypt(Hex(Iv), inPlace, inPlace);
        Assert.Equal(apart, inPlace);
    }

    [Fact]
    public async Task Eight_threads_on_one_key_never_spoil_each_others_messages()
    {
        using var key = new AesCbcKey(new byte[32]);
        var expected = new byte[32];
        key.Encrypt(Hex(Iv), Hex(Plain), expected);
        var threads = Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () => Enumerable.Range(0, 5_000).Count(_ =>
            {
                var buffer = new byte[32];
                key.Encrypt(Hex(Iv), Hex(Plain), buffer);
                return !buffer.AsSpan().SequenceEqual(expected);
            }),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        Assert.All(await Task.WhenAll(threads), failures => Assert.Equal(0, failures));
    }

    [Fact]
    public void A_disposed_key_encrypts_and_decrypts_no_more()
    {
        var key = new AesCbcKey(new byte[16]);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Encrypt(new byte[16], new byte[16], new byte[16]));
        Assert.Throws<ObjectDisposedException>(() => key.Decrypt(new byte[16], new byte[16], new byte[16]));
        Assert.Equal("[redacted]", key.ToString());
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text);
}
