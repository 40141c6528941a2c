using System.Globalization;
using System.Text.Json;
using Kist.Client.Templates.Values;
using Kist.Wire.Yaml;

namespace Kist.Client.Templates.Documents;

/// <summary>Makes values of JSON and YAML texts. Faults never repeat the text.</summary>
internal static class DocumentReader
{
    private const int MaxDepth = 64;

    /// <summary>Every number is a fraction, as in Go.</summary>
    public static TemplateValue Json(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(GoText.ToBytes(text), new JsonDocumentOptions { MaxDepth = MaxDepth });
            return JsonValues.Read(document.RootElement, numbersAsWritten: false);
        }
        catch (JsonException e)
        {
            throw new TemplateFaultException($"the text is not valid JSON (line {e.LineNumber + 1} of it)");
        }
        catch (FormatException e)
        {
            throw new TemplateFaultException(e.Message);
        }
    }

    /// <summary>The first document, with scalars as in YAML 1.1.</summary>
    public static TemplateValue Yaml(string text)
    {
        var reading = YamlReader.Read(text);
        if (reading.Fault is { } fault)
            throw new TemplateFaultException($"the text is not valid YAML ({fault.Reason}; line {fault.Position.Line} of it)");
        return reading.Root is { } root ? Of(root) : NilValue.Instance;
    }

    private static TemplateValue Of(YamlValue value)
    {
        switch (value)
        {
            case YamlList list:
                return new ListValue([.. list.Elements.Select(Of)]);
            case YamlMap map:
                var keys = new HashSet<string>(StringComparer.Ordinal);
                // Whoever repeats a key by a merge means its first.
                return MapValue.Of(map.Entries.Where(e => keys.Add(e.Key)).Select(e => KeyValuePair.Create(e.Key, Of(e.Value))));
            case YamlScalar scalar:
                return Of(scalar);
            default:
                return NilValue.Instance;
        }
    }

    private static TemplateValue Of(YamlScalar scalar) => scalar.Kind switch
    {
        YamlScalarKind.Null => NilValue.Instance,
        YamlScalarKind.Boolean => BooleanValue.Of(scalar.Text is ['y' or 'Y' or 't' or 'T', ..] or ['o' or 'O', 'n' or 'N']),
        YamlScalarKind.Number when scalar.Integer is { } integer && !IsFraction(scalar.Text) => new IntegerValue(integer),
        YamlScalarKind.Number => Fraction(scalar.Text.Replace("_", "", StringComparison.Ordinal)),
        _ => new TextValue(scalar.Text),
    };

    // "1e3" is whole, but a fraction to YAML.
    private static bool IsFraction(string text) =>
        !text.Contains('x', StringComparison.OrdinalIgnoreCase) && text.AsSpan().ContainsAny('.', 'e', 'E');

    private static TemplateValue Fraction(string text) => text.ToLowerInvariant() switch
    {
        ".nan" => new FloatValue(double.NaN),
        ".inf" or "+.inf" => new FloatValue(double.PositiveInfinity),
        "-.inf" => new FloatValue(double.NegativeInfinity),
        _ when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var unsigned) => new UnsignedValue(unsigned),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => new FloatValue(number),
        _ => new TextValue(text),
    };
}
