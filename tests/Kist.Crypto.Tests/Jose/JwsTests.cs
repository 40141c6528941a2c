using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Crypto.Jose;

namespace Kist.Crypto.Tests.Jose;

/// <summary>What is taken for a signed token, and every published way of making something else pass for one.</summary>
public sealed class JwsTests : IDisposable
{
    private const string Claims = """{"sub":"pod"}""";

    // Signed with the private key of RFC 8037.
    private const string EdToken =
        "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci50ZXN0Iiwic3ViIjoiZWQiLCJhdWQiOiJraXN0IiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9"
        + ".14pR5T8JGh0BFLdnGu641K3qf992inmOM1KTTZIa4dsI-j4Sv0-K5kn73-n8Wag09y2cshhG8fh2R705sfNAAw";

    private static readonly VerificationKeys EdKeys = JsonWebKeySet.TryParse(
        """{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"""u8, out _)!;

    private readonly TestSigner rsa = TestSigner.Rsa("r1");
    private readonly TestSigner ec = TestSigner.Ec("e1");

    public void Dispose()
    {
        rsa.Dispose();
        ec.Dispose();
    }

    [Theory]
    [InlineData("RS256", 0)]
    [InlineData("RS384", 0)]
    [InlineData("RS512", 0)]
    [InlineData("PS256", 0)]
    [InlineData("PS384", 0)]
    [InlineData("PS512", 0)]
    [InlineData("ES256", 256)]
    [InlineData("ES384", 384)]
    [InlineData("ES512", 521)]
    public void Each_algorithm_verifies_by_its_own_key_and_under_its_own_name(string algorithm, int bits)
    {
        using var signer = bits == 0 ? TestSigner.Rsa() : TestSigner.Ec(bits: bits);
        var token = signer.Sign(Claims, algorithm);
        Assert.True(Verifies(token, signer.Keys));
        Assert.False(Verifies(token, rsa.Keys));
        Assert.False(Verifies(token, ec.Keys));
        Assert.False(Parse(token)!.IsSignedBy(EdKeys.Keys[0]));
        // The same signature under another name.
        foreach (var other in JwsAlgorithm.All.Where(a => a.Name != algorithm))
            Assert.False(Verifies($"{TestSigner.Encode($$"""{"alg":"{{other}}"}""")}{token[token.IndexOf('.')..]}", signer.Keys));
        Assert.False(signer.Keys.HaveSigned(Parse(token)!, [.. JwsAlgorithm.All.Where(a => a.Name != algorithm)]));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("nOnE")]
    [InlineData("")]
    [InlineData("HS256")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    [InlineData("rs256")]
    [InlineData("RS256 ")]
    [InlineData("ES256K")]
    [InlineData("RS1")]
    [InlineData("dir")]
    public void Other_algorithms_are_none(string algorithm)
    {
        var header = TestSigner.Encode($$"""{"alg":"{{algorithm}}"}""");
        Assert.Null(Parse($"{header}.{TestSigner.Encode(Claims)}.AAAA"));
        Assert.Null(Parse($"{header}.{TestSigner.Encode(Claims)}."));
    }

    [Fact]
    public void A_public_key_is_no_secret_to_sign_with()
    {
        var input = $"{TestSigner.Encode("""{"alg":"HS256"}""")}.{TestSigner.Encode(Claims)}";
        var mac = HMACSHA256.HashData(Encoding.ASCII.GetBytes(rsa.Pem), Encoding.ASCII.GetBytes(input));
        Assert.Null(Parse($"{input}.{TestSigner.Encode(mac)}"));
        // Nor under the name of what the key is for.
        input = $"{TestSigner.Encode("""{"alg":"RS256"}""")}.{TestSigner.Encode(Claims)}";
        mac = HMACSHA256.HashData(Encoding.ASCII.GetBytes(rsa.Pem), Encoding.ASCII.GetBytes(input));
        Assert.False(Verifies($"{input}.{TestSigner.Encode(mac)}", rsa.Keys));
    }

    [Fact]
    public void A_token_brings_no_keys_along()
    {
        using var attacker = TestSigner.Rsa("r1");
        string[] members =
        [
            $"\"jwk\":{attacker.Jwk}", "\"jku\":\"http://127.0.0.1:1/keys\"", "\"x5u\":\"http://127.0.0.1:1/cert\"", "\"x5c\":[\"MIIB\"]",
            $"\"jwk\":{attacker.Jwk},\"jku\":\"file:///etc/passwd\",\"x5t\":\"AAAA\"",
        ];
        foreach (var member in members)
        {
            Assert.False(Verifies(attacker.SignUnder($$"""{"alg":"RS256","kid":"r1",{{member}}}""", Claims), rsa.Keys));
            // The owner's own may have them; nothing follows from it.
            Assert.True(Verifies(rsa.SignUnder($$"""{"alg":"RS256","kid":"r1",{{member}}}""", Claims), rsa.Keys));
        }
    }

    [Theory]
    [InlineData("../../../../dev/null")]
    [InlineData("r1' UNION SELECT 'x")]
    [InlineData("r1\\u0000")]
    [InlineData("R1")]
    [InlineData("")]
    public void A_key_id_is_compared_and_nothing_else(string keyId) =>
        Assert.False(Verifies(rsa.SignUnder($$"""{"alg":"RS256","kid":"{{keyId}}"}""", Claims), rsa.Keys));

    [Fact]
    public void A_key_without_id_and_a_token_without_one_are_tried()
    {
        Assert.True(Verifies(rsa.SignUnder("""{"alg":"RS256"}""", Claims), rsa.Keys));
        using var nameless = TestSigner.Rsa();
        Assert.True(Verifies(nameless.SignUnder("""{"alg":"RS256","kid":"any"}""", Claims), nameless.Keys));
        Assert.False(nameless.Keys.HaveNamed(Parse(nameless.SignUnder("""{"alg":"RS256","kid":"any"}""", Claims))!));
        Assert.True(rsa.Keys.HaveNamed(Parse(rsa.Sign(Claims))!));
    }

    [Theory]
    [InlineData("""{"alg":"RS256","crit":["exp"],"exp":1}""")]
    [InlineData("""{"alg":"RS256","crit":["b64"],"b64":false}""")]
    [InlineData("""{"alg":"RS256","crit":[]}""")]
    [InlineData("""{"alg":"RS256","crit":null}""")]
    [InlineData("""{"alg":"RS256","alg":"RS256"}""")]
    [InlineData("""{"alg":"none","alg":"RS256"}""")]
    [InlineData("""{"alg":"RS256","\u0061lg":"RS256"}""")]
    [InlineData("""{"alg":"RS256","x":{"a":1,"a":2}}""")]
    [InlineData("""{"alg":["RS256"]}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("""{"alg":"RS256","kid":1}""")]
    [InlineData("""{"alg":"RS256","kid":["r1"]}""")]
    [InlineData("""{"alg":"RS256","kid":"\ud800"}""")]
    [InlineData("""{"alg":"RS256"}{}""")]
    [InlineData("""{"alg":"RS256",}""")]
    [InlineData("""{"alg":"RS256"}//""")]
    [InlineData("""["alg","RS256"]""")]
    [InlineData("\"RS256\"")]
    [InlineData("")]
    [InlineData("""{"alg":"RS256","x":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}""")]
    public void Headers_that_readers_could_take_in_two_ways_or_that_demand_more_are_refused(string header) =>
        Assert.Null(Parse(rsa.SignUnder(header, Claims)));

    [Fact]
    public void A_header_is_valid_utf8()
    {
        var header = TestSigner.Encode([.. "{\"alg\":\"RS256\",\"x\":\""u8, 0xff, .. "\"}"u8]);
        Assert.Null(Parse(rsa.Complete($"{header}.{TestSigner.Encode(Claims)}", "RS256")));
    }

    [Fact]
    public void The_compact_form_is_exact()
    {
        var token = rsa.Sign(Claims);
        var parts = token.Split('.');
        Assert.True(Verifies(token, rsa.Keys));
        string[] broken =
        [
            "", ".", "..", "...", parts[0], $"{parts[0]}.{parts[1]}", $"{parts[0]}.{parts[1]}.", $".{parts[1]}.{parts[2]}", $"{token}.", $"{token}.{parts[2]}",
            $"{token}.{parts[2]}.{parts[2]}", $" {token}", $"{token} ", $"{token}\n", $"{token}=", $"{token}==", $"{parts[0]}=.{parts[1]}.{parts[2]}",
            $"{parts[0]}\n.{parts[1]}.{parts[2]}", $"{parts[0]}. {parts[1]}.{parts[2]}", token.Replace('.', ','), $"Bearer {token}", $"{token}%", $"{token}A",
        ];
        Assert.All(broken, b => Assert.False(Verifies(b, rsa.Keys), b));
        // The alphabet of plain base64.
        Assert.Null(Parse($"{parts[0]}.{parts[1]}.{parts[2][..^4]}++//"));
    }

    [Fact]
    public void Bits_that_are_left_over_are_zero()
    {
        // 64 bytes of signature are 86 characters, the last of which carries two bits.
        var token = ec.Sign(Claims);
        var last = token[^1];
        foreach (var letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            Assert.Equal(letter == last, Verifies(token[..^1] + letter, ec.Keys));
    }

    [Fact]
    public void Long_tokens_are_refused_before_they_are_read()
    {
        var longest = $$"""{"x":"{{new string('x', 40_000)}}"}""";
        Assert.True(Verifies(rsa.Sign(longest), rsa.Keys));
        Assert.Null(Jws.TryParse(Encoding.ASCII.GetBytes(rsa.Sign($$"""{"x":"{{new string('x', 50_000)}}"}""")), out var fault));
        Assert.Contains("65536", fault);
    }

    [Fact]
    public void Signatures_on_curves_have_their_exact_length_and_are_not_zero()
    {
        var input = $"{TestSigner.Encode("""{"alg":"ES256"}""")}.{TestSigner.Encode(Claims)}";
        var signature = TestSigner.Encode(new byte[64]);
        Assert.False(Verifies($"{input}.{signature}", ec.Keys));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        var keys = JsonWebKeySet.TryParse(
            Encoding.ASCII.GetBytes($$"""{"keys":[{"kty":"EC","crv":"P-256","x":"{{TestSigner.Encode(q.X!)}}","y":"{{TestSigner.Encode(q.Y!)}}"}]}"""), out _)!;
        var data = Encoding.ASCII.GetBytes(input);
        Assert.True(Verifies($"{input}.{TestSigner.Encode(key.SignData(data, HashAlgorithmName.SHA256))}", keys));
        Assert.False(Verifies(
            $"{input}.{TestSigner.Encode(key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))}", keys));
        Assert.False(Verifies($"{input}.{TestSigner.Encode([.. key.SignData(data, HashAlgorithmName.SHA256), 0])}", keys));
        Assert.False(Verifies($"{input}.{TestSigner.Encode([0, .. key.SignData(data, HashAlgorithmName.SHA256)])}", keys));
        // The order of the curve, which is zero in another form.
        var order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        Assert.False(Verifies($"{input}.{TestSigner.Encode([.. order, .. order])}", keys));
    }

    [Fact]
    public void No_single_changed_character_of_a_token_goes_unnoticed()
    {
        (string Token, VerificationKeys Keys)[] tokens =
        [
            (rsa.Sign("""{"sub":"pod","exp":4102444800}"""), rsa.Keys), (rsa.Sign(Claims, "PS256"), rsa.Keys), (ec.Sign("""{"sub":"pod","aud":["a","b"]}"""), ec.Keys),
            (EdToken, EdKeys),
        ];
        foreach (var (token, keys) in tokens)
        {
            Assert.True(Verifies(token, keys));
            for (var i = 0; i < token.Length; i++)
            {
                foreach (var other in (char[])[(char)(token[i] ^ 1), (char)(token[i] ^ 0x20), 'A', '.', '=', '\0'])
                {
                    if (other != token[i])
                        Assert.False(Verifies($"{token[..i]}{other}{token[(i + 1)..]}", keys), $"position {i}");
                }
                Assert.False(Verifies(token.Remove(i, 1), keys), $"without position {i}");
                Assert.False(Verifies(token.Insert(i, "A"), keys), $"more at position {i}");
            }
        }
    }

    [Fact]
    public void Parts_of_different_tokens_make_no_token()
    {
        string[][] tokens = [rsa.Sign(Claims).Split('.'), rsa.Sign("""{"sub":"root"}""").Split('.'), rsa.Sign(Claims, "RS512").Split('.')];
        foreach (var a in tokens)
        {
            foreach (var b in tokens)
            {
                foreach (var c in tokens)
                {
                    var whole = tokens.Any(t => t[0] == a[0] && t[1] == b[1] && t[2] == c[2]);
                    Assert.Equal(whole, Verifies($"{a[0]}.{b[1]}.{c[2]}", rsa.Keys));
                    Assert.Equal(whole && a[0] == a[1], Verifies($"{a[1]}.{b[0]}.{c[2]}", rsa.Keys));
                }
            }
        }
    }

    [Fact]
    public void Garbage_is_refused_and_nothing_is_thrown()
    {
        var letters = Gen.Elements("aZ09-_.=eyJ{}\"\\\0é".ToCharArray());
        var garbage = letters.ArrayOf().Select(a => new string(a));
        Prop.ForAll(Arb.From(garbage), text => !Verifies(text, rsa.Keys)).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
        // Right outside, garbage inside.
        Prop.ForAll(Arb.From(garbage), text => RefusesClaims(text) && Parse(rsa.SignUnder(text, text)) is null)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Nothing_of_a_token_is_printed()
    {
        Assert.Equal("[redacted]", Parse(rsa.Sign(Claims))!.ToString());
        Assert.Equal("[redacted]", JwtClaims.TryParse("""{"sub":"x"}"""u8, out _)!.ToString());
    }

    private static bool RefusesClaims(string text) => JwtClaims.TryParse(Encoding.UTF8.GetBytes(text), out _) is null || text == "{}";

    private static Jws? Parse(string token) => Jws.TryParse(Encoding.UTF8.GetBytes(token), out _);

    private static bool Verifies(string token, VerificationKeys keys) => Parse(token) is { } jws && keys.HaveSigned(jws, JwsAlgorithm.All);
}
