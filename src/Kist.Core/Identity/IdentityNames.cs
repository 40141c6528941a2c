using System.Globalization;
using System.Text;

namespace Kist.Core.Identity;

/// <summary>
/// Names of entities, groups and aliases. Those of entities and groups are one whether in upper or lower case, as in Vault. Those of aliases are what
/// an auth
/// method says and are compared letter by letter: two callers that an identity provider tells apart never become one.
/// </summary>
internal static class IdentityNames
{
    /// <summary>Longest name of an entity or group, in characters.</summary>
    public const int MaxLength = 256;

    /// <summary>Longest name of an alias, in bytes.</summary>
    public const int MaxAliasBytes = 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What is wrong with the name of an entity or group; null when nothing is.</summary>
    public static Failure? Check(string name)
    {
        if (name.Length is 0 or > MaxLength)
            return Invalid("name", $"must have 1 to {MaxLength} characters");
        return CheckText("name", name);
    }

    /// <summary>What is wrong with the name of an alias; null when nothing is.</summary>
    public static Failure? CheckAlias(string name)
    {
        if (name.Length == 0)
            return Invalid("name", "is required");
        return CheckText("name", name)
            ?? (Strict.GetByteCount(name) > MaxAliasBytes ? Invalid("name", $"must have at most {MaxAliasBytes} bytes") : null);
    }

    /// <summary>A name as a storage key: lower case, with all but harmless signs as <c>%XX</c>. No two names that differ have the same key.</summary>
    public static string KeyOf(string name)
    {
        var key = new StringBuilder(name.Length);
        foreach (var b in Strict.GetBytes(name.ToLowerInvariant()))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'@' or (byte)'+' or (byte)'=' or (byte)':')
                key.Append((char)b);
            else
                key.Append('%').Append(b.ToString("x2", CultureInfo.InvariantCulture));
        }
        return key.ToString();
    }

    private static Failure? CheckText(string field, string text)
    {
        if (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
            return Invalid(field, "must not begin or end with a space");
        if (text.Any(char.IsControl))
            return Invalid(field, "must not have control characters");
        // A half of a pair is no letter, and all such halves would look the same as bytes.
        return IsUnicode(text) ? null : Invalid(field, "is not valid Unicode");
    }

    private static bool IsUnicode(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var length) != System.Buffers.OperationStatus.Done)
                return false;
            text = text[length..];
        }
        return true;
    }

    private static Failure Invalid(string field, string what) => Failure.Invalid("identity.invalid_name", $"field \"{field}\": {what}");
}
