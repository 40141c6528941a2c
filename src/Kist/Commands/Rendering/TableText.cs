using System.Text;

namespace Kist.Commands.Rendering;

/// <summary>Lays rows out in columns, four spaces apart, as Vault's program does.</summary>
internal static class TableText
{
    private const string Gap = "    ";

    /// <summary>A header underlined with dashes, and the rows.</summary>
    public static string Render(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows) =>
        Columns([header, [.. header.Select(static h => new string('-', h.Length))], .. rows]);

    /// <summary>Rows alone.</summary>
    public static string Columns(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = new int[rows.Max(static r => r.Count)];
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Count; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }

        var text = new StringBuilder();
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Count; i++)
                text.Append(i == row.Count - 1 ? row[i] : row[i].PadRight(widths[i]) + Gap);
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A title between equal signs, as wide as the table below it with keys of at most <paramref name="longestKey"/> letters.</summary>
    public static string Title(string title, int longestKey) => Banner(title, longestKey + Gap.Length + "Value".Length);

    /// <summary>A title between equal signs, <paramref name="width"/> wide, with at least one on each side.</summary>
    public static string Banner(string title, int width)
    {
        var signs = new string('=', Math.Max(2, width - title.Length - 2) / 2);
        return $"{signs} {title} {signs}\n";
    }
}
