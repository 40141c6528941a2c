using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto.KeyPairs;

namespace Kist.Crypto.Tests.KeyPairs;

public sealed class KeyPairTests
{
    // RFC 8032 section 7.1, test 1; RFC 8410 section 10 has the form of the PEM.
    private const string Seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    private const string PublicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    [Fact]
    public void Ed25519_has_the_public_key_of_the_specification()
    {
        using var pair = OfTheSpecification();
        Assert.Equal(PublicKey, Convert.ToHexStringLower(pair.PublicKey));
        using var pem = PemKeyPairs.Of(pair);
        Assert.Equal(
            $"-----BEGIN PRIVATE KEY-----\n{Base64("302e020100300506032b657004220420" + Seed)}\n-----END PRIVATE KEY-----\n",
            pem.PrivateKey.Reveal());
        Assert.Equal($"-----BEGIN PUBLIC KEY-----\n{Base64("302a300506032b6570032100" + PublicKey)}\n-----END PUBLIC KEY-----\n", pem.PublicKey);
    }

    [Fact]
    public void Ed25519_of_ssh_holds_both_halves_in_the_places_of_the_format()
    {
        using var pair = OfTheSpecification();
        using var ssh = SshKeyPairs.Of(pair, "me");
        var blob = "0000000b" + Hex("ssh-ed25519") + "00000020" + PublicKey;
        Assert.Equal($"ssh-ed25519 {Base64(blob)} me", ssh.PublicKey);
        var file = Convert.ToHexStringLower(Content(ssh.PrivateKey, "OPENSSH PRIVATE KEY"));
        var head = Hex("openssh-key-v1\0") + "00000004" + Hex("none") + "00000004" + Hex("none") + "00000000" + "00000001" + "00000033" + blob;
        Assert.StartsWith(head, file);
        var secret = file[(head.Length + 8)..];
        Assert.Equal(secret.Length / 2, BinaryPrimitives.ReadInt32BigEndian(Convert.FromHexString(file.AsSpan(head.Length, 8))));
        Assert.Equal(0, secret.Length / 2 % 8);
        Assert.Equal(secret[..8], secret[8..16]);
        Assert.Equal(blob + "00000040" + Seed + PublicKey + "00000002" + Hex("me"), secret[16..][..(blob.Length + 8 + 128 + 12)]);
        Assert.Equal("0102030405060708"[..(secret.Length - 16 - (blob.Length + 8 + 128 + 12))], secret[(16 + blob.Length + 8 + 128 + 12)..]);
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(3072)]
    public void Rsa_has_the_length_that_was_asked_for_and_both_halves_belong_together(int bits)
    {
        using var pair = PemKeyPairs.Rsa(bits);
        using var own = RSA.Create();
        own.ImportFromPem(pair.PrivateKey.Reveal());
        using var published = RSA.Create();
        published.ImportFromPem(pair.PublicKey);
        Assert.Equal((bits, bits), (own.KeySize, published.KeySize));
        var signature = own.SignData("x"u8.ToArray(), HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        Assert.True(published.VerifyData("x"u8.ToArray(), signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss));
        Assert.Equal([1, 0, 1], own.ExportParameters(false).Exponent);
    }

    [Theory]
    [InlineData(EllipticCurve.P256, 256)]
    [InlineData(EllipticCurve.P384, 384)]
    [InlineData(EllipticCurve.P521, 521)]
    public void Elliptic_keys_lie_on_their_curve_and_both_halves_belong_together(EllipticCurve curve, int bits)
    {
        using var pair = PemKeyPairs.Ec(curve);
        using var own = ECDsa.Create();
        own.ImportFromPem(pair.PrivateKey.Reveal());
        using var published = ECDsa.Create();
        published.ImportFromPem(pair.PublicKey);
        Assert.Equal((bits, bits), (own.KeySize, published.KeySize));
        Assert.True(published.VerifyData("x"u8.ToArray(), own.SignData("x"u8.ToArray(), HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
    }

    [Fact]
    public void New_pairs_differ_and_print_nothing_of_themselves()
    {
        using var one = SshKeyPairs.Ed25519("");
        using var other = SshKeyPairs.Ed25519("");
        Assert.NotEqual(one.PublicKey, other.PublicKey);
        Assert.NotEqual(one.PrivateKey, other.PrivateKey);
        Assert.DoesNotContain(" ", one.PublicKey["ssh-ed25519 ".Length..]);
        Assert.Contains("[redacted]", one.ToString());
        Assert.DoesNotContain("BEGIN", one.ToString());
    }

    [Theory]
    [InlineData("00", "00000000")]
    [InlineData("", "00000000")]
    [InlineData("7f", "000000017f")]
    [InlineData("80", "000000020080")]
    [InlineData("0000ff00", "0000000300ff00")]
    [InlineData("0009a378f9b2e332a7", "0000000809a378f9b2e332a7")]
    public void Integers_are_those_of_rfc_4251(string bytes, string written)
    {
        using var writer = new SshWriter();
        writer.Integer(Convert.FromHexString(bytes));
        Assert.Equal(written, Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void Pem_has_lines_of_64_characters_and_a_short_last_one()
    {
        using var pem = SecretPem.Write("X", new byte[100]);
        Assert.Equal(["-----BEGIN X-----", new string('A', 64), new string('A', 64), "AAAAAA==", "-----END X-----", ""], pem.Reveal().Split('\n'));
    }

    private static Ed25519KeyPair OfTheSpecification() => new(new SecretBytes(Convert.FromHexString(Seed)));

    private static byte[] Content(SecretText pem, string label)
    {
        var text = pem.Reveal();
        var found = PemEncoding.Find(text);
        Assert.Equal(label, text[found.Label]);
        return Convert.FromBase64String(text[found.Base64Data]);
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));

    private static string Base64(string hex) => Convert.ToBase64String(Convert.FromHexString(hex));
}
