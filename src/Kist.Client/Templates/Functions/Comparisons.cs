using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>
/// Compares as Go's templates do: values of different kinds are not comparable, signed and unsigned numbers are. Beyond Go, a number of a server's
/// answer compares with numbers and with its text.
/// </summary>
internal static class Comparisons
{
    public static bool AreEqual(TemplateValue left, TemplateValue right)
    {
        switch (left, right)
        {
            case (NilValue, _) or (_, NilValue): return left is NilValue && right is NilValue;
            case (BooleanValue a, BooleanValue b): return a.Value == b.Value;
            case (TextValue a, TextValue b): return a.Value == b.Value;
            case (NumberTextValue a, TextValue b): return a.Value == b.Value;
            case (TextValue a, NumberTextValue b): return a.Value == b.Value;
            case (NumberTextValue a, NumberTextValue b) when a.Value == b.Value: return true;
        }
        return CompareNumbers(left, right) is { } order ? order == 0 : throw Incomparable(left, right);
    }

    /// <summary>Below, at or above zero; null for what is no number.</summary>
    public static int? Order(TemplateValue left, TemplateValue right)
    {
        if (left is TextValue a && right is TextValue b)
            return GoOrder.Instance.Compare(a.Value, b.Value);
        var order = CompareNumbers(left, right) ?? throw Incomparable(left, right);
        return order == Unordered ? null : order;
    }

    // A number that is none is neither below nor above any.
    private const int Unordered = int.MinValue;

    private static TemplateFaultException Incomparable(TemplateValue left, TemplateValue right) =>
        new($"{left.Noun} and {right.Noun} cannot be compared");

    private static int? CompareNumbers(TemplateValue left, TemplateValue right)
    {
        var isWritten = left is NumberTextValue || right is NumberTextValue;
        if (GoNumbers.Whole(left) is { } a && GoNumbers.Whole(right) is { } b)
            return a.CompareTo(b);
        // As in Go, whole numbers and floats are different kinds, unless the kind is known from a text only.
        if (!isWritten && (GoNumbers.Whole(left) ?? GoNumbers.Whole(right)) is not null)
            return null;
        if (GoNumbers.Float(left) is not { } c || GoNumbers.Float(right) is not { } d)
            return null;
        return double.IsNaN(c) || double.IsNaN(d) ? Unordered : c.CompareTo(d);
    }
}
