using System.Globalization;
using Kist.Client.Templates.Documents;
using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>The common ones of Sprig's functions on values of any kind, and on numbers.</summary>
internal static class SprigValueFunctions
{
    private const int Any = int.MaxValue;

    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("sprig_default", 1, 2, static call => call.Count == 2 && call[1].IsTrue ? call[1] : call[0]),
        new("sprig_empty", 1, 1, static call => BooleanValue.Of(!call[0].IsTrue)),
        new("sprig_coalesce", 0, Any, static call => call.Arguments.FirstOrDefault(a => a.IsTrue, TemplateValue.Nil)),
        new("sprig_ternary", 3, 3, static call => Choose(call)),
        new("sprig_all", 0, Any, static call => BooleanValue.Of(call.Arguments.All(a => a.IsTrue))),
        new("sprig_any", 0, Any, static call => BooleanValue.Of(call.Arguments.Any(a => a.IsTrue))),
        new("sprig_fail", 1, 1, static _ => throw new TemplateFaultException("the template says that it cannot be rendered")),
        new("sprig_toString", 1, 1, static call => TemplateValue.Of(GoPrint.Value(call[0]))),
        new("sprig_toJson", 1, 1, static call => TemplateValue.Of(JsonWriter.Write(call[0], isPretty: false, escapesHtml: true))),
        new("sprig_toPrettyJson", 1, 1, static call => TemplateValue.Of(JsonWriter.Write(call[0], isPretty: true, escapesHtml: true))),
        new("sprig_toRawJson", 1, 1, static call => TemplateValue.Of(JsonWriter.Write(call[0], isPretty: false, escapesHtml: false))),
        new("sprig_fromJson", 1, 1, static call => DocumentReader.Json(call.Text(0))),
        new("sprig_kindOf", 1, 1, static call => TemplateValue.Of(Kind(call[0]))),
        new("sprig_kindIs", 2, 2, static call => BooleanValue.Of(Kind(call[1]) == call.Text(0))),
        new("sprig_typeOf", 1, 1, static call => TemplateValue.Of(call[0].GoType)),
        new("sprig_env", 1, 1, static call => TemplateValue.Of(call.Run.Environment.Variables.GetValueOrDefault(call.Text(0), ""))),
        new("sprig_int", 1, 1, static call => new IntegerValue(Whole(call[0]))),
        new("sprig_int64", 1, 1, static call => new IntegerValue(Whole(call[0]), "int64")),
        new("sprig_atoi", 1, 1, static call => new IntegerValue(Whole(call[0]))),
        new("sprig_float64", 1, 1, static call => new FloatValue(Fraction(call[0]))),
        new("sprig_add", 0, Any, static call => Fold(call, static (a, b) => unchecked(a + b))),
        new("sprig_add1", 1, 1, static call => new IntegerValue(unchecked(Whole(call[0]) + 1), "int64")),
        new("sprig_sub", 2, 2, static call => Fold(call, static (a, b) => unchecked(a - b))),
        new("sprig_mul", 1, Any, static call => Fold(call, static (a, b) => unchecked(a * b))),
        new("sprig_div", 2, 2, static call => Fold(call, Divide)),
        new("sprig_mod", 2, 2, static call => Fold(call, Modulo)),
        new("sprig_max", 1, Any, static call => Fold(call, Math.Max)),
        new("sprig_min", 1, Any, static call => Fold(call, Math.Min)),
        new("sprig_ceil", 1, 1, static call => new FloatValue(Math.Ceiling(Fraction(call[0])))),
        new("sprig_round", 2, 2, static call => new FloatValue(Math.Round(Fraction(call[0]), call.Integer(1, 0, 15), MidpointRounding.AwayFromZero))),
        new("sprig_floor", 1, 1, static call => new FloatValue(Math.Floor(Fraction(call[0])))),
    ];

    private static TemplateValue Choose(TemplateCall call) => call[2] switch
    {
        BooleanValue { Value: true } => call[0],
        BooleanValue => call[1],
        _ => throw call.Wrong(2, "a boolean"),
    };

    private static string Kind(TemplateValue value) => value switch
    {
        NilValue => "invalid",
        ListValue => "slice",
        MapValue => "map",
        RecordValue => "ptr",
        NumberTextValue => "string",
        SequenceValue => "chan",
        _ => value.GoType,
    };

    private static long Whole(TemplateValue value) => value switch
    {
        BooleanValue boolean => boolean.Value ? 1 : 0,
        // What is no number counts as 0.
        TextValue text => long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0,
        FloatValue number => (long)number.Value,
        _ => (long)(GoNumbers.Whole(value) ?? (Int128)(GoNumbers.Float(value) ?? 0)),
    };

    private static double Fraction(TemplateValue value) => value switch
    {
        TextValue text => double.TryParse(text.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0,
        _ => GoNumbers.Float(value) ?? Whole(value),
    };

    private static IntegerValue Fold(TemplateCall call, Func<long, long, long> operation) =>
        new(call.Count == 0 ? 0 : call.Arguments.Select(Whole).Aggregate(operation), "int64");

    private static long Divide(long a, long b) => b switch
    {
        0 => throw new TemplateFaultException("division by zero"),
        -1 => unchecked(-a),
        _ => a / b,
    };

    private static long Modulo(long a, long b) => b switch
    {
        0 => throw new TemplateFaultException("division by zero"),
        -1 => 0,
        _ => a % b,
    };
}
