using System.Globalization;
using Kist.Client.Templates.Documents;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Functions that read values from texts and write values as texts.</summary>
internal static class DocumentFunctions
{
    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("toJSON", 1, 1, static call => TemplateValue.Of(JsonWriter.Write(call[0], isPretty: false, escapesHtml: true))),
        new("toJSONPretty", 1, 1, static call => TemplateValue.Of(JsonWriter.Write(call[0], isPretty: true, escapesHtml: true))),
        new("toUnescapedJSON", 1, 1, static call => TemplateValue.Of(JsonWriter.Write(call[0], isPretty: false, escapesHtml: false))),
        new("toUnescapedJSONPretty", 1, 1, static call => TemplateValue.Of(JsonWriter.Write(call[0], isPretty: true, escapesHtml: false))),
        new("toYAML", 1, 1, static call => TemplateValue.Of(YamlWriter.Write(call[0]))),
        new("toTOML", 1, 1, static call => TemplateValue.Of(TomlWriter.Write(call[0]))),
        new("parseJSON", 1, 1, static call => call.Text(0) is { Length: > 0 } text ? DocumentReader.Json(text) : new MapValue()),
        new("parseYAML", 1, 1, static call => call.Text(0) is { Length: > 0 } text ? DocumentReader.Yaml(text) : new MapValue()),
        new("parseBool", 1, 1, static call => ParseBoolean(call.Text(0))),
        new("parseFloat", 1, 1, static call => ParseFraction(call.Text(0))),
        new("parseInt", 1, 1, static call => new IntegerValue(ParseInteger(call.Text(0)), "int64")),
        new("parseUint", 1, 1, static call => ParseUnsigned(call.Text(0))),
    ];

    /// <summary>A decimal number of 64 bits; 0 for the empty text.</summary>
    public static long ParseInteger(string text)
    {
        if (text.Length == 0)
            return 0;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new TemplateFaultException("the text is no whole number of 64 bits");
    }

    private static BooleanValue ParseBoolean(string text) => text switch
    {
        "" or "0" or "f" or "F" or "false" or "False" or "FALSE" => BooleanValue.False,
        "1" or "t" or "T" or "true" or "True" or "TRUE" => BooleanValue.True,
        _ => throw new TemplateFaultException("the text is no boolean"),
    };

    private static FloatValue ParseFraction(string text)
    {
        if (text.Length == 0)
            return new FloatValue(0);
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, styles, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? new FloatValue(value)
            : throw new TemplateFaultException("the text is no number");
    }

    private static UnsignedValue ParseUnsigned(string text)
    {
        if (text.Length == 0)
            return new UnsignedValue(0);
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new UnsignedValue(value)
            : throw new TemplateFaultException("the text is no whole number without a sign");
    }
}
