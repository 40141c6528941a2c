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

    private static bool IsControl(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
