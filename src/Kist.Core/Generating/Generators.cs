using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using Kist.Core.Namespaces;
using Kist.Core.Passwords;
using Kist.Crypto;
using Kist.Crypto.KeyPairs;

namespace Kist.Core.Generating;

/// <summary>Makes secrets of the kinds that <see cref="GeneratorSpec"/> describes. All randomness is the operating system's.</summary>
public static class Generators
{
    /// <summary>
    /// Generates what needs no stored policy. Fails when the specification is faulty or names a policy (<c>generator.invalid</c>), or the machine
    /// lacks libsodium for Ed25519 (<c>generator.unavailable</c>). RSA keys take up to seconds.
    /// </summary>
    public static Outcome<GeneratedSecret> Generate(GeneratorSpec spec)
    {
        var check = spec.Check();
        if (!check.Succeeded)
            return check.Failure;
        return spec.Kind switch
        {
            GeneratorKind.Password when spec.Policy is not null => Failure.Invalid(
                "generator.invalid", "field \"policy\": only a server has password policies"),
            GeneratorKind.Password => Password(spec.ToPolicy().Value),
            GeneratorKind.Passphrase => Passphrase(spec),
            GeneratorKind.Bytes => RandomBytes(spec.Bytes ?? GeneratorRules.DefaultBytes, spec.Encoding ?? "hex"),
            _ => KeyPair(spec),
        };
    }

    /// <summary>The same, also by a stored password policy, which may be missing (<c>password_policy.not_found</c>).</summary>
    public static async ValueTask<Outcome<GeneratedSecret>> GenerateAsync(
        GeneratorSpec spec, PasswordPolicies policies, NamespaceId ns, CancellationToken cancellationToken)
    {
        if (spec.Policy is not { } policy || spec.Check() is { Succeeded: false })
            return Generate(spec);
        var password = await policies.GenerateAsync(ns, policy, cancellationToken);
        return password.Succeeded ? One("password", password.Value, null) : password.Failure;
    }

    /// <summary>A password of a policy that is at hand.</summary>
    public static Outcome<GeneratedSecret> Password(PasswordPolicy policy)
    {
        var password = policy.Generate();
        return password.Succeeded ? One("password", password.Value, Entropy(policy)) : password.Failure;
    }

    private static GeneratedSecret Passphrase(GeneratorSpec spec)
    {
        var words = spec.Words ?? GeneratorRules.DefaultWords;
        var text = Passphrases.Generate(words, spec.Separator ?? GeneratorRules.DefaultSeparator, spec.Capitalize ?? false);
        return One("passphrase", text, words * Passphrases.BitsPerWord);
    }

    private static GeneratedSecret RandomBytes(int count, string encoding)
    {
        using var bytes = SecretBytes.Random(count);
        var text = new byte[2 * count + 4];
        var written = 0;
        if (encoding == "hex")
            Convert.TryToHexStringLower(bytes.Span, text, out written);
        else if (encoding == "base64")
            Base64.EncodeToUtf8(bytes.Span, text, out _, out written);
        else
            Base64Url.EncodeToUtf8(bytes.Span, text, out _, out written);
        var value = new SecretText(text.AsSpan(0, written));
        CryptographicOperations.ZeroMemory(text);
        return One("value", value, 8.0 * count);
    }

    private static Outcome<GeneratedSecret> KeyPair(GeneratorSpec spec)
    {
        var (bits, comment) = (spec.Bits ?? GeneratorRules.DefaultBits, spec.Comment ?? "");
        var curve = spec.Curve switch { "p384" => EllipticCurve.P384, "p521" => EllipticCurve.P521, _ => EllipticCurve.P256 };
        var what = spec.Kind == GeneratorKind.Ssh ? $"ssh {spec.Type ?? "ed25519"}" : spec.Kind;
        if (what.EndsWith("ed25519", StringComparison.Ordinal) && Ed25519KeyPair.Fault is { } fault)
            return Failure.Unavailable("generator.unavailable", fault);
        var pair = what switch
        {
            "rsa" => PemKeyPairs.Rsa(bits),
            "ec" => PemKeyPairs.Ec(curve),
            "ed25519" => PemKeyPairs.Ed25519(),
            "ssh rsa" => SshKeyPairs.Rsa(bits, comment),
            "ssh ecdsa" => SshKeyPairs.Ecdsa(curve, comment),
            _ => SshKeyPairs.Ed25519(comment),
        };
        return new GeneratedSecret([new("private_key", pair.PrivateKey), new("public_key", new SecretText(pair.PublicKey))], null);
    }

    private static GeneratedSecret One(string name, SecretText value, double? bits) => new([new(name, value)], bits);

    // By inclusion and exclusion: all texts, less those that lack a set, and so on. Where sets overlap or more than one character of a set is
    // demanded, the count is another, and nothing is said.
    private static double? Entropy(PasswordPolicy policy)
    {
        var demanded = policy.Rules.Where(r => r.MinChars > 0).ToList();
        if (demanded.Count > 8 || demanded.Any(r => r.MinChars > 1))
            return null;
        var sets = demanded.Select(r => r.Charset.EnumerateRunes().ToHashSet()).ToList();
        if (sets.Sum(s => s.Count) != sets.SelectMany(s => s).Distinct().Count())
            return null;
        var possible = BigInteger.Zero;
        for (var lacking = 0; lacking < 1 << sets.Count; lacking++)
        {
            var left = policy.CharsetSize - sets.Where((_, i) => (lacking >> i & 1) != 0).Sum(s => s.Count);
            var texts = BigInteger.Pow(left, policy.Length);
            possible += BitOperations.PopCount((uint)lacking) % 2 == 0 ? texts : -texts;
        }
        return BigInteger.Log(possible, 2);
    }
}
