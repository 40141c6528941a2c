using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Passwords;

namespace Kist.Core.Generating;

/// <summary>
/// What to generate: a kind and its parameters, of which those left out have defaults and those of another kind are errors. Serialisable, so that
/// rules may keep it; it holds nothing secret.
/// </summary>
public sealed record GeneratorSpec
{
    /// <summary>Most words of a passphrase.</summary>
    public const int MaxWords = 64;

    /// <summary>Most random bytes.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Longest comment of an SSH key, in characters.</summary>
    public const int MaxComment = 256;

    /// <summary>One of <see cref="GeneratorKind"/>.</summary>
    [Description("password, passphrase, bytes, rsa, ec, ed25519 or ssh.")]
    public string Kind { get; set; } = GeneratorKind.Password;

    /// <summary>password: the policy.</summary>
    [Description("password: the name of a password policy. It goes without the other settings of passwords.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Policy { get; set; }

    /// <summary>password: how many characters.</summary>
    [Description("password: characters, 4 to 100; default 20.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Length { get; set; }

    /// <summary>password: sets by name.</summary>
    [Description("password: sets of characters, of each of which it has one at least: lower, upper, digits, symbols. Default all of them.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Classes { get; set; }

    /// <summary>password: a set of one's own.</summary>
    [Description("password: a set of one's own, of which it has one character at least. Without \"classes\", the only one.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Charset { get; set; }

    /// <summary>password: characters left out.</summary>
    [Description("password: characters to leave out of all sets, such as those that look alike.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Exclude { get; set; }

    /// <summary>passphrase: how many words.</summary>
    [Description("passphrase: words, 3 to 64; default 6. Each has 11 bits.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Words { get; set; }

    /// <summary>passphrase: what stands between words.</summary>
    [Description("passphrase: what stands between the words, 1 to 8 characters without letters; default \"-\".")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Separator { get; set; }

    /// <summary>passphrase: capitals.</summary>
    [Description("passphrase: begin each word with a capital.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Capitalize { get; set; }

    /// <summary>bytes: how many.</summary>
    [Description("bytes: how many, 1 to 4096; default 32.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Bytes { get; set; }

    /// <summary>bytes: how they are written.</summary>
    [Description("bytes: hex (default), base64 or base64url.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Encoding { get; set; }

    /// <summary>ssh: the type of the key.</summary>
    [Description("ssh: ed25519 (default), rsa or ecdsa.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; set; }

    /// <summary>rsa, and ssh with that type: the length of the modulus.</summary>
    [Description("rsa, and ssh of type rsa: 2048, 3072 (default) or 4096.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Bits { get; set; }

    /// <summary>ec, and ssh of type ecdsa: the curve.</summary>
    [Description("ec, and ssh of type ecdsa: p256 (default), p384 or p521.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Curve { get; set; }

    /// <summary>ssh: the comment.</summary>
    [Description("ssh: what ends the public key's line, up to 256 characters; default none.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; set; }

    /// <summary>Fails (<c>generator.invalid</c>) with the field that is wrong. Whether the policy exists is not looked at.</summary>
    public Outcome<Nothing> Check() => GeneratorRules.Fault(this) is { } fault ? Failure.Invalid("generator.invalid", fault) : Outcome.Done;

    /// <summary>The policy that the settings of a password amount to.</summary>
    internal Outcome<PasswordPolicy> ToPolicy()
    {
        var sets = (Classes ?? (Charset is null ? PasswordCharsets.Names : [])).Select(n => PasswordCharsets.Find(n)!).ToList();
        if (Charset is not null)
            sets.Add(Charset);
        var left = sets.Select(s => string.Concat(s.EnumerateRunes().Where(r => Exclude?.EnumerateRunes().Contains(r) != true))).ToList();
        return PasswordPolicy.Of(Length ?? PasswordPolicy.Default.Length, [.. left.Select(s => new CharsetRule(s, 1))]);
    }
}

/// <summary>What can be generated.</summary>
public static class GeneratorKind
{
    /// <summary>Gives <c>password</c>.</summary>
    public const string Password = "password";

    /// <summary>Gives <c>passphrase</c>.</summary>
    public const string Passphrase = "passphrase";

    /// <summary>Gives <c>value</c>.</summary>
    public const string Bytes = "bytes";

    /// <summary>Gives <c>private_key</c> and <c>public_key</c> in PEM.</summary>
    public const string Rsa = "rsa";

    /// <summary>Gives <c>private_key</c> and <c>public_key</c> in PEM.</summary>
    public const string Ec = "ec";

    /// <summary>Gives <c>private_key</c> and <c>public_key</c> in PEM.</summary>
    public const string Ed25519 = "ed25519";

    /// <summary>Gives <c>private_key</c> and <c>public_key</c> as OpenSSH has them.</summary>
    public const string Ssh = "ssh";
}
