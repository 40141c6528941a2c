using System.Globalization;
using System.Text;
using Kist.Core.Passwords;
using Kist.Wire.Hcl;

namespace Kist.Core.Generating;

/// <summary>What a <see cref="GeneratorSpec"/> may say.</summary>
internal static class GeneratorRules
{
    public const int DefaultWords = 6;
    public const int DefaultBytes = 32;
    public const int DefaultBits = 3072;
    public const string DefaultSeparator = "-";

    public static readonly string[] SshTypes = ["ed25519", "rsa", "ecdsa"];
    public static readonly string[] Encodings = ["hex", "base64", "base64url"];
    public static readonly string[] Curves = ["p256", "p384", "p521"];
    public static readonly int[] Moduli = [2048, 3072, 4096];

    private const int LeastWords = 3;
    private const int MostSeparator = 8;
    // Far more than there are characters on a keyboard.
    private const int MostCharset = 1024;

    private static readonly Dictionary<string, string[]> FieldsOf = new(StringComparer.Ordinal)
    {
        [GeneratorKind.Password] = ["policy", "length", "classes", "charset", "exclude"],
        [GeneratorKind.Passphrase] = ["words", "separator", "capitalize"],
        [GeneratorKind.Bytes] = ["bytes", "encoding"],
        [GeneratorKind.Rsa] = ["bits"],
        [GeneratorKind.Ec] = ["curve"],
        [GeneratorKind.Ed25519] = [],
        [GeneratorKind.Ssh] = ["type", "bits", "curve", "comment"],
    };

    /// <summary>What is wrong, with the field's name; or null.</summary>
    public static string? Fault(GeneratorSpec spec)
    {
        if (!FieldsOf.TryGetValue(spec.Kind, out var known))
            return $"field \"kind\": must be one of {string.Join(", ", FieldsOf.Keys)}{HclSuggestion.For(spec.Kind, FieldsOf.Keys)}";
        if (Given(spec).FirstOrDefault(f => !known.Contains(f)) is { } foreign)
            return $"field \"{foreign}\": has no meaning for the kind \"{spec.Kind}\"";
        return spec.Kind switch
        {
            GeneratorKind.Password => PasswordFault(spec),
            GeneratorKind.Passphrase => PassphraseFault(spec),
            GeneratorKind.Bytes => Range("bytes", spec.Bytes, 1, GeneratorSpec.MaxBytes) ?? Choice("encoding", spec.Encoding, Encodings),
            GeneratorKind.Ssh => SshFault(spec),
            _ => BitsFault(spec) ?? Choice("curve", spec.Curve, Curves),
        };
    }

    private static IEnumerable<string> Given(GeneratorSpec spec)
    {
        (string Name, object? Value)[] fields =
        [
            ("policy", spec.Policy), ("length", spec.Length), ("classes", spec.Classes), ("charset", spec.Charset), ("exclude", spec.Exclude),
            ("words", spec.Words), ("separator", spec.Separator), ("capitalize", spec.Capitalize), ("bytes", spec.Bytes), ("encoding", spec.Encoding),
            ("type", spec.Type), ("bits", spec.Bits), ("curve", spec.Curve), ("comment", spec.Comment),
        ];
        return fields.Where(f => f.Value is not null).Select(f => f.Name);
    }

    private static string? PasswordFault(GeneratorSpec spec)
    {
        if (spec.Policy is not null)
        {
            var other = Given(spec).FirstOrDefault(f => f != "policy");
            return other is null ? null : $"field \"{other}\": the policy says it already";
        }
        if (spec.Charset?.Length > MostCharset || spec.Exclude?.Length > MostCharset)
            return $"field \"{(spec.Charset?.Length > MostCharset ? "charset" : "exclude")}\": has more than {MostCharset} characters";
        if (spec.Classes is { } classes)
        {
            var names = PasswordCharsets.Names;
            if (classes.FirstOrDefault(c => PasswordCharsets.Find(c) is null) is { } unknown)
                return $"field \"classes\": must be of {string.Join(", ", names)}{HclSuggestion.For(unknown, names)}";
            if (classes.Count == 0 && spec.Charset is null || classes.Distinct().Count() != classes.Count)
                return "field \"classes\": is empty or names a class twice";
        }
        var policy = spec.ToPolicy();
        if (!policy.Succeeded)
            return $"a password cannot be made so: {policy.Failure.Message}";
        return policy.Value.Check().Failure is { } strict ? $"a password cannot be made so: {strict.Message}" : null;
    }

    private static string? PassphraseFault(GeneratorSpec spec)
    {
        // A letter, or nothing, would let two different choices of words read the same, and the passphrase have fewer bits than is said.
        if (spec.Separator is { } separator
            && (separator.Length is 0 or > MostSeparator || separator.EnumerateRunes().Any(r => Rune.IsLetter(r) || !PasswordPolicy.IsPrintable(r))))
            return $"field \"separator\": must be 1 to {MostSeparator} printable characters without letters";
        return Range("words", spec.Words, LeastWords, GeneratorSpec.MaxWords);
    }

    private static string? SshFault(GeneratorSpec spec)
    {
        if (Choice("type", spec.Type, SshTypes) is { } fault)
            return fault;
        if (spec.Bits is not null && spec.Type != "rsa")
            return "field \"bits\": has a meaning for the type \"rsa\" only";
        if (spec.Curve is not null && spec.Type != "ecdsa")
            return "field \"curve\": has a meaning for the type \"ecdsa\" only";
        if (spec.Comment is { } comment && (comment.Length > GeneratorSpec.MaxComment || !comment.EnumerateRunes().All(PasswordPolicy.IsPrintable)))
            return $"field \"comment\": must be at most {GeneratorSpec.MaxComment} printable characters";
        return BitsFault(spec) ?? Choice("curve", spec.Curve, Curves);
    }

    private static string? BitsFault(GeneratorSpec spec) => spec.Bits is { } bits && !Moduli.Contains(bits)
        ? $"field \"bits\": must be one of {string.Join(", ", Moduli.Select(b => b.ToString(CultureInfo.InvariantCulture)))}"
        : null;

    private static string? Range(string field, int? value, int least, int most) =>
        value < least || value > most ? $"field \"{field}\": must be from {least} to {most}" : null;

    private static string? Choice(string field, string? value, string[] choices) =>
        value is null || choices.Contains(value) ? null : $"field \"{field}\": must be one of {string.Join(", ", choices)}";
}
