using System.Globalization;
using System.Text;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Formatting;

/// <summary>Makes texts safe for a place in HTML, JavaScript or a URL's query.</summary>
internal static class Escapes
{
    public static string Html(string text) => Each(text, static (escaped, c) => c switch
    {
        '"' => escaped.Append("&#34;"),
        '\'' => escaped.Append("&#39;"),
        '&' => escaped.Append("&amp;"),
        '<' => escaped.Append("&lt;"),
        '>' => escaped.Append("&gt;"),
        '\0' => escaped.Append('\ufffd'),
        _ => escaped.Append(c),
    });

    public static string JavaScript(string text) => Each(text, static (escaped, c) => c switch
    {
        '\\' or '\'' or '"' => escaped.Append('\\').Append(c),
        '<' or '>' or '&' or '=' or < ' ' or '\u007f' or '\u2028' or '\u2029' =>
            escaped.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture)),
        _ => escaped.Append(c),
    });

    public static string Query(string text)
    {
        var escaped = new BoundedText();
        foreach (var b in GoText.ToBytes(text))
        {
            if (b == ' ')
                escaped.Append('+');
            else if (char.IsAsciiLetterOrDigit((char)b) || (char)b is '-' or '_' or '.' or '~')
                escaped.Append((char)b);
            else
                escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return escaped.ToString();
    }

    private static string Each(string text, Func<StringBuilder, char, StringBuilder> append)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
            append(escaped, c);
        return escaped.ToString();
    }
}
