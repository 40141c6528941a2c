using Kist.Wire;

namespace Kist.Commands.Rendering;

/// <summary>Durations for people: Go's form without its zeros at the end, as Vault's program prints them.</summary>
internal static class HumanDuration
{
    private static readonly long MostSeconds = (long)TimeSpan.MaxValue.TotalSeconds;

    /// <summary>Whole seconds as <c>768h</c>, <c>1h30m</c>, <c>59m30s</c> or <c>0s</c>.</summary>
    public static string Format(long seconds)
    {
        if (Math.Abs((decimal)seconds) >= MostSeconds)
            return $"{seconds}s";
        var text = GoDuration.Format(TimeSpan.FromSeconds(seconds));
        if (text.EndsWith("m0s", StringComparison.Ordinal))
            text = text[..^2];
        return text.EndsWith("h0m", StringComparison.Ordinal) ? text[..^2] : text;
    }
}
