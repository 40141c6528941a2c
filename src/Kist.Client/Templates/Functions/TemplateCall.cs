using System.Globalization;
using Kist.Client.Templates.Evaluation;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>A call with its arguments, read as the kinds that a function takes. Faults say which argument is wrong, never its value.</summary>
/// <param name="arguments">What is given, a piped value last.</param>
/// <param name="literals">How many of them, from the first, stand in the template word for word, and are no secrets.</param>
/// <param name="run">The pass it belongs to.</param>
internal sealed class TemplateCall(IReadOnlyList<TemplateValue> arguments, int literals, TemplateRun run)
{
    public int Count => arguments.Count;

    public TemplateRun Run => run;

    public IReadOnlyList<TemplateValue> Arguments => arguments;

    public TemplateValue this[int index] => arguments[index];

    public TemplateValue Last => arguments[^1];

    public string Text(int index) => arguments[index] switch
    {
        TextValue text => text.Value,
        NumberTextValue number => number.Value,
        _ => throw Wrong(index, "a string"),
    };

    /// <summary>A whole number; fractions without a part behind the point are taken as well.</summary>
    public long Integer(int index) => arguments[index] switch
    {
        IntegerValue integer => integer.Value,
        UnsignedValue { Value: <= long.MaxValue } unsigned => (long)unsigned.Value,
        FloatValue number when double.IsInteger(number.Value) && Math.Abs(number.Value) < 9e15 => (long)number.Value,
        NumberTextValue number when long.TryParse(number.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) => value,
        _ => throw Wrong(index, "a whole number"),
    };

    /// <summary>A whole number within bounds.</summary>
    public int Integer(int index, int least, int most) => Integer(index) is var value && value >= least && value <= most
        ? (int)value
        : throw new TemplateFaultException($"argument {index + 1} must be a whole number from {least} to {most}");

    public IReadOnlyList<TemplateValue> List(int index) => arguments[index] is ListValue list ? list.Elements : throw Wrong(index, "a list");

    public MapValue Map(int index) => arguments[index] as MapValue ?? throw Wrong(index, "a map");

    public IEnumerable<string> Texts(int index) => List(index).Select(e => e switch
    {
        TextValue text => text.Value,
        NumberTextValue number => number.Value,
        _ => throw new TemplateFaultException($"argument {index + 1} must be a list of strings, and has {e.Noun} in it"),
    });

    /// <summary>The argument for a message, behind a blank, if it stands in the template word for word; else nothing.</summary>
    public string Shown(int index) => index < literals && arguments[index] is TextValue text ? $" \"{text.Value}\"" : "";

    public TemplateFaultException Wrong(int index, string wanted) =>
        new($"argument {index + 1} must be {wanted}, found {arguments[index].Noun}");
}
