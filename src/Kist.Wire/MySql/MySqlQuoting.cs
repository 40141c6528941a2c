using System.Buffers;
using System.Text;

namespace Kist.Wire.MySql;

/// <summary>
/// Quotes for statements on a <see cref="MySqlConnection"/>. How a literal is read depends on the session: with the mode NO_BACKSLASH_ESCAPES, a
/// backslash is itself. A literal that is right either way cannot hold a backslash, which passwords may. So the connection sees to it that the mode
/// is off, and ends if a statement turns it on; and it talks UTF-8, where no character hides a quote or backslash. Elsewhere, a text with a backslash
/// would come out with two, but still end where it should.
/// </summary>
public static class MySqlQuoting
{
    // Of bytes, in the longest of all kinds of names, MariaDB's users (128 characters).
    private const int LongestName = 512;

    /// <summary>A name in backticks.</summary>
    /// <exception cref="ArgumentException">No name can be so: empty, longer than 512 bytes, or with a NUL or a character beyond U+FFFF.</exception>
    public static string Identifier(string name)
    {
        if (name.Length == 0 || name.Contains('\0') || name.Any(char.IsSurrogate) || Encoding.UTF8.GetByteCount(name) > LongestName)
            throw new ArgumentException("this cannot be a name in MySQL", nameof(name));
        return $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";
    }

    /// <summary>A literal in single quotes.</summary>
    /// <exception cref="ArgumentException">The text has half a character. The message does not repeat it.</exception>
    public static string Text(string value)
    {
        if (!IsWhole(value))
            throw new ArgumentException("this is no text in Unicode", nameof(value));
        var quoted = new StringBuilder(value.Length + 2).Append('\'');
        foreach (var c in value)
        {
            _ = c switch
            {
                '\'' => quoted.Append("''"),
                '\\' => quoted.Append(@"\\"),
                '\0' => quoted.Append(@"\0"),
                _ => quoted.Append(c),
            };
        }
        return quoted.Append('\'').ToString();
    }

    // A surrogate without its other half would become a question mark on the way.
    private static bool IsWhole(string text)
    {
        var rest = text.AsSpan();
        while (Rune.DecodeFromUtf16(rest, out _, out var length) == OperationStatus.Done)
            rest = rest[length..];
        return rest.IsEmpty;
    }
}
