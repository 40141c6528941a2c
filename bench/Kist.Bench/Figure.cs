using System.Globalization;

namespace Kist.Bench;

/// <summary>One line of the report.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Value">With its unit.</param>
/// <param name="Latency">Median and 99th percentile, or empty.</param>
/// <param name="Ratio">To its yardstick, or empty.</param>
/// <param name="Goal">What was promised, or empty.</param>
/// <param name="Met">Whether it is kept; null without a goal.</param>
internal sealed record Figure(string What, string Value, string Latency, string Ratio, string Goal, bool? Met)
{
    /// <summary>A load without a promise, beside a yardstick where there is one.</summary>
    public static Figure Of(string what, Load load, double? ratio = null, string of = "") =>
        new(what, Rate(load.PerSecond), Latencies(load), ratio is { } r ? Times(r, of) : "", "", null);

    /// <summary>A load that must reach a multiple of a yardstick.</summary>
    public static Figure Promised(string what, Load load, double ratio, double least, string of) =>
        new(what, Rate(load.PerSecond), Latencies(load), Times(ratio, of), string.Create(CultureInfo.InvariantCulture, $"≥ {least}"), ratio >= least);

    /// <summary>An amount that must stay below a bound.</summary>
    public static Figure Below(string what, double value, double bound, string unit) =>
        new(what, $"{Number(value)} {unit}", "", "", $"< {Number(bound)} {unit}", value < bound);

    /// <summary>A rate.</summary>
    public static string Rate(double perSecond) => $"{Number(perSecond)} /s";

    private static string Number(double value) => value.ToString(value < 10 ? "0.00" : "#,0", CultureInfo.InvariantCulture);

    private static string Times(double ratio, string of) => string.Create(CultureInfo.InvariantCulture, $"{ratio:0.00} × {of}");

    private static string Latencies(Load load) =>
        string.Create(CultureInfo.InvariantCulture, $"{load.Median.TotalMilliseconds:0.00} / {load.Percentile99.TotalMilliseconds:0.00} ms");
}
