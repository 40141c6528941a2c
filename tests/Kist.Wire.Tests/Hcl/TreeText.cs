using System.Globalization;
using System.Text;
using Kist.Wire.Hcl;

namespace Kist.Wire.Tests.Hcl;

/// <summary>Prints a tree for comparison, one node a line.</summary>
internal static class TreeText
{
    public static string Of(HclObject tree, bool positions)
    {
        var text = new StringBuilder();
        Print(tree, 0, positions, text);
        return text.ToString();
    }

    private static void Print(HclObject tree, int indent, bool positions, StringBuilder text)
    {
        foreach (var item in tree.Items)
        {
            text.Append(' ', indent).Append(item.Key.Text);
            foreach (var label in item.Labels)
                text.Append(" [").Append(label.Text).Append(']');
            if (positions)
                text.Append(CultureInfo.InvariantCulture, $" @{item.Position.Line}:{item.Position.Column}");
            Print(item.Value, indent + 2, positions, text);
        }
    }

    private static void Print(HclValue value, int indent, bool positions, StringBuilder text)
    {
        var at = positions ? string.Create(CultureInfo.InvariantCulture, $" @{value.Position.Line}:{value.Position.Column}") : "";
        switch (value)
        {
            case HclString s:
                text.Append(" \"").Append(s.Text.Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\r", "\\r")).Append('"').Append(at).Append('\n');
                break;
            case HclNumber n:
                var integer = n.Integer?.ToString(CultureInfo.InvariantCulture) ?? "not an integer";
                text.Append(CultureInfo.InvariantCulture, $" {n.Value:R} ({integer}){at}\n");
                break;
            case HclBool b:
                text.Append(b.Value ? " true" : " false").Append(at).Append('\n');
                break;
            case HclList list:
                text.Append(" list").Append(at).Append('\n');
                foreach (var element in list.Elements)
                {
                    text.Append(' ', indent).Append('-');
                    Print(element, indent + 2, positions, text);
                }
                break;
            case HclObject o:
                text.Append(" object").Append(at).Append('\n');
                Print(o, indent, positions, text);
                break;
        }
    }
}
