using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;

namespace Kist.Core.Passwords;

/// <summary>A set of characters of which a password has at least so many.</summary>
/// <param name="Charset">The characters.</param>
/// <param name="MinChars">At least 0; the set adds to what the password is made of in any case.</param>
public sealed record CharsetRule(string Charset, int MinChars);

/// <summary>
/// How passwords are made, as Vault's password policies say it: so many characters, each drawn evenly from the union of all sets, and of some sets at
/// least so many. Every password that satisfies the rules is equally likely. Immutable.
/// </summary>
public sealed class PasswordPolicy
{
    /// <summary>Shortest password, in characters (Unicode scalar values).</summary>
    public const int MinLength = 4;

    /// <summary>Longest password, in characters.</summary>
    public const int MaxLength = 100;

    /// <summary>Most rules of one policy.</summary>
    public const int MaxRules = 64;

    // A policy that gives fewer than one password in two thousand candidates is refused when it is written (Check), so that making one ends far
    // below this.
    private const int MostCandidates = 200_000;
    private const int TrialCandidates = 20_000;
    private const int TrialPasswords = 10;

    private readonly Rune[] charset;
    private readonly int[] choices;
    // Bit n: the character belongs to rule n.
    private readonly ulong[] membership;

    private PasswordPolicy(int length, IReadOnlyList<CharsetRule> rules)
    {
        Length = length;
        Rules = rules;
        var members = new SortedDictionary<Rune, ulong>();
        for (var i = 0; i < rules.Count; i++)
        {
            foreach (var rune in rules[i].Charset.EnumerateRunes())
                members[rune] = members.GetValueOrDefault(rune) | 1UL << i;
        }
        charset = [.. members.Keys];
        membership = [.. members.Values];
        choices = [.. Enumerable.Range(0, charset.Length)];
    }

    /// <summary>
    /// What makes passwords where no policy is named: 20 characters, of which one at least is a small letter, a capital, a digit and a hyphen.
    /// </summary>
    public static PasswordPolicy Default { get; } = new(
        20, [new(PasswordCharsets.Lower, 1), new(PasswordCharsets.Upper, 1), new(PasswordCharsets.Digits, 1), new("-", 1)]);

    /// <summary>Characters of a password.</summary>
    public int Length { get; }

    /// <summary>The rules, as written.</summary>
    public IReadOnlyList<CharsetRule> Rules { get; }

    /// <summary>How many different characters there are to draw from.</summary>
    public int CharsetSize => charset.Length;

    /// <summary>
    /// Reads a policy, HCL or JSON, of at most 64 KiB (<c>password_policy.too_large</c>). The failure <c>password_policy.invalid</c> names every
    /// fault on a line of its own: <c>password policy: line 4: unknown field "min_chars" in a rule (did you mean "min-chars"?)</c>.
    /// </summary>
    public static Outcome<PasswordPolicy> Parse(string text) => PasswordPolicyParser.Parse(text);

    /// <summary>A policy, or a failure (<c>password_policy.invalid</c>) that says what it lacks.</summary>
    public static Outcome<PasswordPolicy> Of(int length, IReadOnlyList<CharsetRule> rules)
    {
        if (Fault(length, rules) is { } fault)
            return Failure.Invalid("password_policy.invalid", fault);
        return new PasswordPolicy(length, rules);
    }

    /// <summary>
    /// A new password. By rejection: whole candidates are drawn evenly and those that break a rule thrown away, which leaves every password that
    /// keeps the rules equally likely; to put one character of each set in place first, and shuffle, would not. Fails
    /// (<c>password_policy.too_strict</c>) when hardly any candidate keeps the rules.
    /// </summary>
    public Outcome<SecretText> Generate()
    {
        Span<int> drawn = stackalloc int[Length];
        for (var candidate = 0; candidate < MostCandidates; candidate++)
        {
            if (!TryDraw(drawn))
                continue;
            var password = Text(drawn);
            drawn.Clear();
            return password;
        }
        return TooStrict();
    }

    /// <summary>Makes passwords on trial, and fails (<c>password_policy.too_strict</c>) when too few candidates keep the rules.</summary>
    public Outcome<Nothing> Check()
    {
        Span<int> drawn = stackalloc int[Length];
        var passwords = 0;
        for (var candidate = 0; candidate < TrialCandidates && passwords < TrialPasswords; candidate++)
            passwords += TryDraw(drawn) ? 1 : 0;
        drawn.Clear();
        return passwords == TrialPasswords ? Outcome.Done : TooStrict();
    }

    /// <summary>What is wrong with the parts of a policy, or null.</summary>
    internal static string? Fault(int length, IReadOnlyList<CharsetRule> rules)
    {
        if (length is < MinLength or > MaxLength)
            return $"\"length\" must be from {MinLength} to {MaxLength}";
        if (rules.Count is 0 or > MaxRules)
            return $"a password policy has 1 to {MaxRules} \"rule\" blocks";
        if (rules.FirstOrDefault(r => Fault(r) is not null) is { } faulty)
            return Fault(faulty);
        var needed = rules.Sum(r => (long)r.MinChars);
        return needed > length ? $"the rules demand {needed} characters by \"min-chars\", more than the \"length\" {length}" : null;
    }

    /// <summary>What is wrong with a rule, or null.</summary>
    internal static string? Fault(CharsetRule rule)
    {
        if (rule.Charset.Length == 0)
            return "\"charset\" is empty";
        foreach (var rune in rule.Charset.EnumerateRunes())
        {
            if (!IsPrintable(rune))
                return $"\"charset\" holds U+{rune.Value:X4}, which cannot be printed";
        }
        return rule.MinChars is < 0 or > MaxLength ? $"\"min-chars\" must be from 0 to {MaxLength}" : null;
    }

    // Of white space only the blank, as Go has it. What stands in place of half a character would be drawn as if somebody had meant it.
    internal static bool IsPrintable(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => false,
        UnicodeCategory.SpaceSeparator => rune.Value == ' ',
        _ => true,
    };

    private static Failure TooStrict() => Failure.Invalid(
        "password_policy.too_strict",
        "hardly any candidate satisfies the rules of the password policy: lower \"min-chars\", or raise \"length\"");

    private bool TryDraw(Span<int> drawn)
    {
        RandomNumberGenerator.GetItems(choices, drawn);
        for (var rule = 0; rule < Rules.Count; rule++)
        {
            var missing = Rules[rule].MinChars;
            for (var i = 0; i < drawn.Length && missing > 0; i++)
                missing -= (int)(membership[drawn[i]] >> rule & 1);
            if (missing > 0)
                return false;
        }
        return true;
    }

    private SecretText Text(ReadOnlySpan<int> drawn)
    {
        Span<byte> utf8 = stackalloc byte[4 * MaxLength];
        var written = 0;
        foreach (var index in drawn)
            written += charset[index].EncodeToUtf8(utf8[written..]);
        var password = new SecretText(utf8[..written]);
        CryptographicOperations.ZeroMemory(utf8);
        return password;
    }
}
