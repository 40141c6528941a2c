using System.Security.Cryptography;

namespace Kist.Crypto.Tests;

/// <summary>RFC 7748 section 6.1, and keys that it warns of.</summary>
public sealed class X25519KeyPairTests
{
    private const string AlicePublic = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    private const string BobPublic = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    private const string Shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

    [Theory]
    [InlineData("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", AlicePublic, BobPublic)]
    [InlineData("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", BobPublic, AlicePublic)]
    public void Both_sides_agree_as_the_specification_says(string own, string ownPublic, string other)
    {
        using var pair = new X25519KeyPair(new SecretBytes(Convert.FromHexString(own)));
        Assert.Equal(ownPublic, Convert.ToHexStringLower(pair.PublicKey));
        using var agreed = pair.Agree(Convert.FromHexString(other));
        Assert.Equal(Shared, Convert.ToHexStringLower(agreed.Span));
    }

    [Fact]
    public void New_pairs_differ_and_agree()
    {
        using var one = new X25519KeyPair();
        using var other = new X25519KeyPair();
        Assert.NotEqual(one.PublicKey.ToArray(), other.PublicKey.ToArray());
        using var here = one.Agree(other.PublicKey);
        using var there = other.Agree(one.PublicKey);
        Assert.True(here.FixedTimeEquals(there.Span));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    public void Key_with_which_all_agree_on_the_same_is_refused(string weak)
    {
        using var pair = new X25519KeyPair();
        Assert.Throws<CryptographicException>(() => pair.Agree(Convert.FromHexString(weak)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Key_of_another_length_is_refused(int length)
    {
        using var pair = new X25519KeyPair();
        Assert.Throws<ArgumentException>(() => pair.Agree(new byte[length]));
    }
}
