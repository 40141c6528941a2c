using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Arithmetic. The piped argument comes last and is the first operand: <c>subtract 2 5</c> is 3.</summary>
internal static class MathFunctions
{
    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("add", 2, 2, static call => Compute(call[1], call[0], static (a, b) => unchecked(a + b), static (a, b) => a + b)),
        new("subtract", 2, 2, static call => Compute(call[1], call[0], static (a, b) => unchecked(a - b), static (a, b) => a - b)),
        new("multiply", 2, 2, static call => Compute(call[1], call[0], static (a, b) => unchecked(a * b), static (a, b) => a * b)),
        new("divide", 2, 2, static call => Compute(call[1], call[0], Divide, static (a, b) => a / b)),
        new("modulo", 2, 2, static call => Compute(call[1], call[0], Modulo, null)),
        new("minimum", 2, 2, static call => Compute(call[1], call[0], Int128.Min, Math.Min)),
        new("maximum", 2, 2, static call => Compute(call[1], call[0], Int128.Max, Math.Max)),
    ];

    /// <summary>Whole numbers stay whole, as far as 64 bits go; with a fraction, all are.</summary>
    public static TemplateValue Compute(
        TemplateValue left, TemplateValue right, Func<Int128, Int128, Int128> whole, Func<double, double, double>? fraction)
    {
        if (GoNumbers.Whole(left) is { } a && GoNumbers.Whole(right) is { } b && Fits(a) && Fits(b))
        {
            var result = whole(a, b);
            if (left is UnsignedValue && right is UnsignedValue && result >= 0)
                return new UnsignedValue((ulong)(UInt128)result);
            // As in Go, what exceeds 64 bits wraps around.
            return new IntegerValue(unchecked((long)result), "int64");
        }
        if (GoNumbers.Float(left) is { } c && GoNumbers.Float(right) is { } d && fraction is not null)
            return new FloatValue(fraction(c, d));
        var wanted = fraction is null ? "whole numbers" : "numbers";
        throw new TemplateFaultException($"the arguments must be {wanted}, found {right.Noun} and {left.Noun}");
    }

    private static bool Fits(Int128 number) => number >= long.MinValue && number <= ulong.MaxValue;

    private static Int128 Divide(Int128 a, Int128 b) => b == 0 ? throw new TemplateFaultException("division by zero") : a / b;

    private static Int128 Modulo(Int128 a, Int128 b) => b == 0 ? throw new TemplateFaultException("division by zero") : a % b;
}
