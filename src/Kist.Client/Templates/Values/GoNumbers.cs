using System.Globalization;

namespace Kist.Client.Templates.Values;

/// <summary>Values as numbers, those of a server's answer among them.</summary>
internal static class GoNumbers
{
    /// <summary>The whole number; null for what is none.</summary>
    public static Int128? Whole(TemplateValue value) => value switch
    {
        IntegerValue integer => integer.Value,
        UnsignedValue unsigned => unsigned.Value,
        NumberTextValue { Value: var text }
            when Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        _ => null,
    };

    /// <summary>The number, whole or not, as near as a float comes to it; null for what is none.</summary>
    public static double? Float(TemplateValue value) => value switch
    {
        FloatValue number => number.Value,
        IntegerValue integer => integer.Value,
        UnsignedValue unsigned => unsigned.Value,
        NumberTextValue { Value: var text }
            when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}
