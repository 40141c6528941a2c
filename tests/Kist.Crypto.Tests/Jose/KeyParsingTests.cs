using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kist.Crypto.Jose;

namespace Kist.Crypto.Tests.Jose;

/// <summary>Which keys are taken, from key sets and from PEM.</summary>
public sealed class KeyParsingTests
{
    private const string EdPem =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

    private const string EdCertificate =
        """
        -----BEGIN CERTIFICATE-----
        MIHHMHugAwIBAgIBATAFBgMrZXAwDTELMAkGA1UEAwwCZWQwIBcNMjYwMTAxMDAw
        MDAwWhgPMjEyNjAxMDEwMDAwMDBaMA0xCzAJBgNVBAMMAmVkMCowBQYDK2VwAyEA
        11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURowBQYDK2VwA0EAXqssSqiO
        yb5Sbzy9Gf7c+xD5bd7d5dN/aqwoiB2ckmRo3SbuE1vt4gp1vXjpyOPnxaL43Bx/
        PWHCywtloCORBA==
        -----END CERTIFICATE-----
        """;

    // secp256k1, whose field is as long as that of P-256.
    private const string KoblitzPem =
        """
        -----BEGIN PUBLIC KEY-----
        MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEV5h1rUymDA/qPRbTJeR6vge5d0uOWMpl
        i1dhQDQapkxgDrthY8YcBeGZ28p6MU5VCsNWVxCpVGd8aWQHEEOP+Q==
        -----END PUBLIC KEY-----
        """;

    // P-256 spelt out in place of its name.
    private const string ExplicitPem =
        """
        -----BEGIN PUBLIC KEY-----
        MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
        AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
        ///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
        NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
        RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
        //////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABKA/IRgympvDq5UPTeQwF/Ez
        rgLTgqPfphKoN4w7egbdqeoKU2rGAajgMl7DIYwEShbVapUxIRHMKGB2smy7BHk=
        -----END PUBLIC KEY-----
        """;

    [Fact]
    public void Keys_come_from_pem_in_each_form()
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest("CN=signer", ec, HashAlgorithmName.SHA384);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Assert.Equal(["RSA, 2048 bits"], Pem(rsa.ExportSubjectPublicKeyInfoPem()));
        Assert.Equal(["RSA, 2048 bits"], Pem(rsa.ExportRSAPublicKeyPem()));
        Assert.Equal(["EC, P-384"], Pem(certificate.ExportCertificatePem()));
        Assert.Equal(["Ed25519"], Pem(EdPem));
        Assert.Equal(["Ed25519"], Pem(EdCertificate));
        Assert.Equal(["Ed25519", "RSA, 2048 bits"], Pem($"# two keys\n{EdPem}\n{rsa.ExportSubjectPublicKeyInfoPem()}\n"));
    }

    [Fact]
    public void What_is_no_public_key_of_a_kind_that_is_taken_is_refused_with_a_reason()
    {
        using var rsa = RSA.Create(1024);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var exchange = ECDiffieHellman.Create(ECCurve.NamedCurves.brainpoolP256r1);
        Assert.Contains("never give a private key", PemFault(ec.ExportPkcs8PrivateKeyPem()));
        Assert.Contains("never give a private key", PemFault(ec.ExportECPrivateKeyPem()));
        Assert.Contains("2048", PemFault(rsa.ExportSubjectPublicKeyInfoPem()));
        Assert.Contains("P-256", PemFault(KoblitzPem));
        Assert.Contains("P-256", PemFault(ExplicitPem));
        Assert.Contains("P-256", PemFault(exchange.ExportSubjectPublicKeyInfoPem()));
        Assert.Contains("no public key", PemFault(""));
        Assert.Contains("no public key", PemFault("secret"));
        Assert.Contains("cannot be read", PemFault("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
        Assert.Contains("cannot be read", PemFault("-----BEGIN PUBLIC KEY-----\nAAAA"));
        Assert.Contains("cannot be read", PemFault(EdPem + "-----BEGIN PUBLIC KEY-----"));
        Assert.Contains("cannot be read", PemFault("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
    }

    [Theory]
    [InlineData("AQ")]
    [InlineData("AA")]
    [InlineData("")]
    [InlineData("Ag")]
    [InlineData("AQAC")]
    [InlineData("AQAAAAE")]
    [InlineData("________________________________________AQ")]
    public void Exponents_that_are_weak_or_cost_much_are_refused(string exponent)
    {
        using var rsa = RSA.Create(2048);
        var modulus = TestSigner.Encode(rsa.ExportParameters(false).Modulus!);
        Assert.Empty(Set($$"""{"kty":"RSA","n":"{{modulus}}","e":"{{exponent}}"}"""));
        Assert.Single(Set($$"""{"kty":"RSA","n":"{{modulus}}","e":"AQAB"}"""));
        Assert.Single(Set($$"""{"kty":"RSA","n":"{{modulus}}","e":"Aw"}"""));
    }

    [Fact]
    public void Moduli_out_of_bounds_are_refused()
    {
        var bytes = new byte[1025];
        bytes.AsSpan().Fill(0xff);
        Assert.Empty(Set(Rsa(bytes)));
        Assert.Single(Set(Rsa(bytes[..1024])));
        Assert.Empty(Set(Rsa(bytes[..255])));
        Assert.Empty(Set(Rsa([])));
        // Too short behind a byte that makes it look long, and even.
        Assert.Empty(Set(Rsa([1, .. bytes[..254]])));
        Assert.Empty(Set(Rsa([0, 0, 0, .. bytes[..253]])));
        Assert.Empty(Set(Rsa([.. bytes[..255], 0xfe])));

        static string Rsa(byte[] modulus) => $$"""{"kty":"RSA","n":"{{TestSigner.Encode(modulus)}}","e":"AQAB"}""";
    }

    [Theory]
    [InlineData("""{"kty":"oct","k":"AAAA"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","key_ops":["sign"]}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"HS256"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}""")]
    [InlineData("""{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}""")]
    [InlineData("""{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""")]
    [InlineData("""{"kty":"EC","crv":"secp256k1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""")]
    [InlineData("""{"kty":"rsa"}""")]
    [InlineData("""{}""")]
    [InlineData("1")]
    public void Keys_that_are_of_no_use_are_left_out(string key)
    {
        const string Good = """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"sig","key_ops":["verify"],"alg":"EdDSA","kid":"k"}""";
        Assert.Empty(Set(key));
        Assert.Equal("k", Assert.Single(Set($"{key},{Good}")).KeyId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}""")]
    [InlineData("<html>")]
    public void What_is_no_key_set_is_refused(string json)
    {
        Assert.Null(JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(json), out var fault));
        Assert.NotEmpty(fault);
    }

    [Fact]
    public void A_set_has_a_bounded_number_of_keys()
    {
        const string Key = """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""";
        Assert.Equal(64, Set(string.Join(',', Enumerable.Repeat(Key, 64))).Count);
        Assert.Null(JsonWebKeySet.TryParse(Encoding.ASCII.GetBytes($$"""{"keys":[{{string.Join(',', Enumerable.Repeat(Key, 65))}}]}"""), out var fault));
        Assert.Contains("64", fault);
    }

    [Fact]
    public void A_key_for_one_algorithm_verifies_no_other()
    {
        using var signer = TestSigner.Rsa();
        var key = Assert.Single(Set(signer.Jwk[..^1] + ",\"alg\":\"RS256\"}"));
        Assert.True(key.Takes(JwsAlgorithm.Find("RS256")!));
        Assert.False(key.Takes(JwsAlgorithm.Find("PS256")!));
    }

    private static IReadOnlyList<VerificationKey> Set(string keys) =>
        JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes($$"""{"keys":[{{keys}}]}"""), out _)?.Keys ?? [];

    private static IEnumerable<string> Pem(string text)
    {
        var keys = PemPublicKeys.TryParse(text, out var fault);
        Assert.True(keys is not null, fault);
        return keys.Select(k => k.Description);
    }

    private static string PemFault(string text)
    {
        Assert.Null(PemPublicKeys.TryParse(text, out var fault));
        return fault;
    }
}
