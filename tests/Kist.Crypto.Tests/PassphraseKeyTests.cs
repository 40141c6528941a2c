namespace Kist.Crypto.Tests;

public sealed class PassphraseKeyTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    // Computed by a program of its own, written from RFC 9106.
    [Fact]
    public void Key_is_that_of_argon2id()
    {
        using var key = PassphraseKey.Derive("correct horse battery staple"u8, Salt, 3, 64 * 1024, 32);
        Assert.Equal("bc240e180a205bd2e782cdc64983f247e76aeb8fb2133aec1570b70cccd68bff", Convert.ToHexStringLower(key.Span));
    }

    [Fact]
    public void Passphrase_salt_passes_memory_and_length_each_make_another_key()
    {
        SecretBytes[] keys =
        [
            PassphraseKey.Derive("a"u8, Salt, 1, 16384, 32),
            PassphraseKey.Derive("b"u8, Salt, 1, 16384, 32),
            PassphraseKey.Derive("a"u8, [.. Salt.Reverse()], 1, 16384, 32),
            PassphraseKey.Derive("a"u8, Salt, 2, 16384, 32),
            PassphraseKey.Derive("a"u8, Salt, 1, 32768, 32),
            PassphraseKey.Derive("a"u8, Salt, 1, 16384, 33),
            PassphraseKey.Derive(""u8, Salt, 1, 16384, 32),
        ];
        Assert.Equal(keys.Length, keys.Select(k => Convert.ToHexString(k.Span[..32])).Distinct().Count());
    }

    [Fact]
    public void Parameters_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PassphraseKey.Derive("a"u8, Salt.AsSpan(1), 1, 16384, 32));
        Assert.Throws<ArgumentException>(() => PassphraseKey.Derive("a"u8, Salt, 0, 16384, 32));
        Assert.Throws<ArgumentException>(() => PassphraseKey.Derive("a"u8, Salt, 1, 8191, 32));
        Assert.Throws<ArgumentException>(() => PassphraseKey.Derive("a"u8, Salt, 1, 16384, 15));
    }
}
