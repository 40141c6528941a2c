using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Generating;
using Kist.Core.Namespaces;
using Kist.Core.Passwords;
using Kist.Core.Tests.Barrier;

namespace Kist.Core.Tests.Generating;

public sealed class GeneratorTests
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [Fact]
    public void Words_are_2048_different_ones_of_four_to_seven_small_letters()
    {
        Assert.Equal(2048, Passphrases.Words.Distinct().Count());
        Assert.All(Passphrases.Words, w => Assert.Matches("^[a-z]{4,7}$", w));
        Assert.Equal(Passphrases.Words.Order(StringComparer.Ordinal), Passphrases.Words);
    }

    [Theory]
    [InlineData("""{"kind":"password"}""", "^[!-~]{20}$")]
    [InlineData("""{"kind":"password","length":100}""", "^[!-~]{100}$")]
    [InlineData("""{"kind":"password","length":6,"classes":["digits"]}""", "^[0-9]{6}$")]
    [InlineData("""{"kind":"password","length":8,"charset":"xyz"}""", "^[xyz]{8}$")]
    [InlineData("""{"kind":"password","length":4,"charset":"é😀","classes":[]}""", "^(é|😀){4}$")]
    [InlineData("""{"kind":"password","length":8,"charset":"xyz","classes":["upper"]}""", "^(?=.*[xyz])(?=.*[A-Z])[xyzA-Z]{8}$")]
    [InlineData("""{"kind":"password","length":60,"classes":["lower","digits"],"exclude":"abcdefghijklmn01234"}""", "^[o-z5-9]{60}$")]
    [InlineData("""{"kind":"passphrase"}""", "^([a-z]{4,7}-){5}[a-z]{4,7}$")]
    [InlineData("""{"kind":"passphrase","words":3,"separator":" ","capitalize":true}""", "^([A-Z][a-z]{3,6} ){2}[A-Z][a-z]{3,6}$")]
    [InlineData("""{"kind":"bytes"}""", "^[0-9a-f]{64}$")]
    [InlineData("""{"kind":"bytes","bytes":1}""", "^[0-9a-f]{2}$")]
    [InlineData("""{"kind":"bytes","bytes":4096}""", "^[0-9a-f]{8192}$")]
    [InlineData("""{"kind":"bytes","bytes":16,"encoding":"base64"}""", "^[A-Za-z0-9+/]{22}==$")]
    [InlineData("""{"kind":"bytes","bytes":16,"encoding":"base64url"}""", "^[A-Za-z0-9_-]{22}$")]
    public void Single_values_have_the_form_that_was_asked_for_and_differ(string spec, string form)
    {
        using var secret = Make(spec);
        var field = Assert.Single(secret.Fields);
        Assert.Matches(form, field.Value.Reveal());
        if (secret.EntropyBits < 40)
            return;
        using var other = Make(spec);
        Assert.NotEqual(field.Value, other.Fields[0].Value);
    }

    [Theory]
    [InlineData("""{"kind":"rsa","bits":2048}""", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----")]
    [InlineData("""{"kind":"ec"}""", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----")]
    [InlineData("""{"kind":"ed25519"}""", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----")]
    [InlineData("""{"kind":"ssh"}""", "-----BEGIN OPENSSH PRIVATE KEY-----", "ssh-ed25519 AAAA")]
    [InlineData("""{"kind":"ssh","type":"rsa","bits":2048}""", "-----BEGIN OPENSSH PRIVATE KEY-----", "ssh-rsa AAAA")]
    [InlineData("""{"kind":"ssh","type":"ecdsa","curve":"p521"}""", "-----BEGIN OPENSSH PRIVATE KEY-----", "ecdsa-sha2-nistp521 AAAA")]
    public void Key_pairs_have_two_fields(string spec, string privateStart, string publicStart)
    {
        using var secret = Make(spec);
        Assert.Equal(["private_key", "public_key"], secret.Fields.Select(f => f.Name));
        Assert.StartsWith(privateStart, secret.Find("private_key")!.Reveal());
        Assert.StartsWith(publicStart, secret.Find("public_key")!.Reveal());
        Assert.Null(secret.EntropyBits);
        Assert.DoesNotContain("BEGIN", secret.ToString());
    }

    // 36^4 texts of small letters and digits, less those of either alone.
    [Theory]
    [InlineData("""{"kind":"passphrase"}""", 66.0)]
    [InlineData("""{"kind":"bytes","bytes":16}""", 128.0)]
    [InlineData("""{"kind":"password","length":6,"classes":["digits"]}""", 19.931568569324174)]
    [InlineData("""{"kind":"password","length":4,"charset":"ab"}""", 4.0)]
    [InlineData("""{"kind":"password","length":4,"classes":["lower","digits"]}""", 0.0)]
    [InlineData("""{"kind":"password","length":20,"charset":"aB","classes":["lower"]}""", null)]
    public void Entropy_is_the_logarithm_of_what_is_possible(string spec, double? bits)
    {
        using var secret = Make(spec);
        Assert.Equal(bits is null, secret.EntropyBits is null);
        if (spec.Contains("\"lower\",\"digits\"", StringComparison.Ordinal))
            bits = Math.Log2(Math.Pow(36, 4) - Math.Pow(26, 4) - Math.Pow(10, 4));
        if (bits is { } wanted)
            Assert.Equal(wanted, secret.EntropyBits!.Value, 9);
    }

    [Theory]
    [InlineData("""{"kind":"pasword"}""", "\"kind\"")]
    [InlineData("""{"kind":""}""", "\"kind\"")]
    [InlineData("""{"kind":"password","bits":2048}""", "\"bits\"")]
    [InlineData("""{"kind":"ed25519","curve":"p256"}""", "\"curve\"")]
    [InlineData("""{"kind":"password","length":3}""", "\"length\"")]
    [InlineData("""{"kind":"password","length":101}""", "\"length\"")]
    [InlineData("""{"kind":"password","length":-2147483648}""", "\"length\"")]
    [InlineData("""{"kind":"password","classes":["digit"]}""", "did you mean \"digits\"")]
    [InlineData("""{"kind":"password","classes":[]}""", "\"classes\"")]
    [InlineData("""{"kind":"password","classes":["digits","digits"]}""", "\"classes\"")]
    [InlineData("""{"kind":"password","charset":""}""", "charset")]
    [InlineData("""{"kind":"password","charset":"a\u0007"}""", "U+0007")]
    [InlineData("""{"kind":"password","classes":["digits"],"exclude":"0123456789"}""", "empty")]
    [InlineData("""{"kind":"password","policy":"p","length":20}""", "\"length\"")]
    [InlineData("""{"kind":"password","policy":"p"}""", "\"policy\"")]
    [InlineData("""{"kind":"passphrase","words":2}""", "\"words\"")]
    [InlineData("""{"kind":"passphrase","words":65}""", "\"words\"")]
    [InlineData("""{"kind":"passphrase","separator":""}""", "\"separator\"")]
    [InlineData("""{"kind":"passphrase","separator":"x"}""", "\"separator\"")]
    [InlineData("""{"kind":"passphrase","separator":"---------"}""", "\"separator\"")]
    [InlineData("""{"kind":"passphrase","separator":"\n"}""", "\"separator\"")]
    [InlineData("""{"kind":"bytes","bytes":0}""", "\"bytes\"")]
    [InlineData("""{"kind":"bytes","bytes":4097}""", "\"bytes\"")]
    [InlineData("""{"kind":"bytes","encoding":"base32"}""", "\"encoding\"")]
    [InlineData("""{"kind":"rsa","bits":1024}""", "\"bits\"")]
    [InlineData("""{"kind":"rsa","bits":8192}""", "\"bits\"")]
    [InlineData("""{"kind":"ec","curve":"p224"}""", "\"curve\"")]
    [InlineData("""{"kind":"ssh","type":"dsa"}""", "\"type\"")]
    [InlineData("""{"kind":"ssh","bits":2048}""", "\"bits\"")]
    [InlineData("""{"kind":"ssh","type":"rsa","curve":"p256"}""", "\"curve\"")]
    [InlineData("""{"kind":"ssh","comment":"a\nssh-rsa AAAA"}""", "\"comment\"")]
    public void Faulty_specification_is_refused_with_its_field(string spec, string told)
    {
        var failure = Generators.Generate(Read(spec)).Failure!;
        Assert.Equal("generator.invalid", failure.Code);
        Assert.Contains(told, failure.Message);
    }

    [Fact]
    public void Long_texts_are_refused()
    {
        Assert.Contains("\"charset\"", Generators.Generate(new GeneratorSpec { Charset = new string('x', 1025) }).Failure!.Message);
        Assert.Contains("\"exclude\"", Generators.Generate(new GeneratorSpec { Exclude = new string('x', 1025) }).Failure!.Message);
        Assert.Contains("\"comment\"", Generators.Generate(new GeneratorSpec { Kind = "ssh", Comment = new string('x', 257) }).Failure!.Message);
    }

    [Fact]
    public async Task Stored_password_policy_is_used_where_one_is_named()
    {
        var barrier = (await new BarrierBuilder().NodeAsync()).Barrier;
        var policies = PasswordPolicies.Of(barrier);
        await policies.PutAsync(NamespaceId.Root, "pin", "length = 6\nrule \"charset\" { charset = \"0123456789\" }", default);
        var made = await Generators.GenerateAsync(new GeneratorSpec { Policy = "pin" }, policies, NamespaceId.Root, default);
        Assert.Matches("^[0-9]{6}$", made.Value.Find("password")!.Reveal());
        Assert.Matches("^[a-zA-Z0-9-]{20}$", (await GenerateAsync(new GeneratorSpec { Policy = "" })).Value.Find("password")!.Reveal());
        Assert.Equal("password_policy.not_found", (await GenerateAsync(new GeneratorSpec { Policy = "none" })).Failure!.Code);
        Assert.Equal("generator.invalid", (await GenerateAsync(new GeneratorSpec { Policy = "pin", Length = 5 })).Failure!.Code);
        Assert.Matches("^[0-9a-f]{64}$", (await GenerateAsync(new GeneratorSpec { Kind = "bytes" })).Value.Find("value")!.Reveal());

        ValueTask<Outcome<GeneratedSecret>> GenerateAsync(GeneratorSpec spec) => Generators.GenerateAsync(spec, policies, NamespaceId.Root, default);
    }

    [Fact]
    public void Specification_is_written_without_what_it_leaves_out()
    {
        const string Text = """{"kind":"password","length":30,"classes":["lower","digits"],"exclude":"l1"}""";
        Assert.Equal(Text, JsonSerializer.Serialize(Read(Text), Json));
    }

    [Fact]
    public void Any_sound_specification_of_a_password_gives_one_that_keeps_it()
    {
        var classes = Gen.SubListOf("lower", "upper", "digits", "symbols").Where(c => c.Count > 0);
        Prop.ForAll(Gen.Zip(Gen.Choose(4, 100), classes).ToArbitrary(), drawn =>
        {
            var spec = new GeneratorSpec { Length = drawn.Item1, Classes = [.. drawn.Item2] };
            using var secret = Generators.Generate(spec).Value;
            var password = secret.Find("password")!.Reveal();
            return password.Length == drawn.Item1 && drawn.Item2.All(c => password.IndexOfAny(PasswordCharsets.Find(c)!.ToCharArray()) >= 0);
        }).Check(Config.QuickThrowOnFailure);
    }

    private static GeneratorSpec Read(string json) => JsonSerializer.Deserialize<GeneratorSpec>(json, Json)!;

    private static GeneratedSecret Make(string json)
    {
        var made = Generators.Generate(Read(json));
        Assert.True(made.Succeeded, made.Failure?.Message);
        return made.Value;
    }
}
