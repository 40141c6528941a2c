using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Whether a list has an element, or a text another one. What is of another kind is in neither.</summary>
internal static class Containment
{
    public static bool Has(TemplateValue container, TemplateValue element) => container switch
    {
        ListValue list => list.Elements.Any(e => IsSame(e, element)),
        TextValue text => element is TextValue part && text.Value.Contains(part.Value, StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Whether two values without parts are of the same kind and equal.</summary>
    public static bool IsSame(TemplateValue left, TemplateValue right) => (left, right) switch
    {
        (TextValue or NumberTextValue, TextValue or NumberTextValue)
            or (IntegerValue or UnsignedValue or NumberTextValue, IntegerValue or UnsignedValue or NumberTextValue)
            or (FloatValue, FloatValue)
            or (BooleanValue, BooleanValue) => Comparisons.AreEqual(left, right),
        _ => false,
    };
}
