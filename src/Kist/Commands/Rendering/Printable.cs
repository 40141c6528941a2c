using System.Globalization;
using System.Text;

namespace Kist.Commands.Rendering;

/// <summary>Makes text safe for a terminal: what a server or another user stored must not move the cursor or rewrite what stands above.</summary>
internal static class Printable
{
    /// <summary>Replaces control characters but line ends and tabs by <c>\x1b</c> and the like.</summary>
    public static string Escape(string text)
    {
        if (!text.Any(IsControl))
            return text;
        var safe = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (IsControl(c))
                safe.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else
                safe.Append(c);
        }

        return safe.ToString();
    }

    /// <summary>
    /// Makes text safe for a cell of a table, whoever reads that: line ends, tabs and what turns the direction of writing are replaced as well, so that a
    /// name cannot look like another row or another name.
    /// </summary>
    public static string Cell(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || !text.Any(IsUnsafeInCell))
            return text;
        var safe = new StringBuilder(text.Length + 8);
        foreach (var c in text)
            safe.Append(IsUnsafeInCell(c) ? Escaped(c) : c.ToString());
        return safe.ToString();
    }

    private static string Escaped(char c) =>
        c < 0x100 ? "\\x" + ((int)c).ToString("x2", CultureInfo.InvariantCulture) : "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture);

    private static bool IsUnsafeInCell(char c) => char.IsControl(c) || char.GetUnicodeCategory(c)
        is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsControl(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
