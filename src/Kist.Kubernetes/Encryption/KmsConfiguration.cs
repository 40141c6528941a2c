using System.Buffers;
using System.Globalization;

namespace Kist.Kubernetes.Encryption;

/// <summary>A KMS plugin as the file names it, defaults filled in as the API server does.</summary>
/// <param name="ApiVersion"><c>v1</c>, also when absent, or <c>v2</c>.</param>
/// <param name="Name">Stored with each value.</param>
/// <param name="Endpoint"><c>unix:///path</c>, or <c>unix:///@name</c> for an abstract socket.</param>
/// <param name="Timeout">A call's deadline; three seconds when absent.</param>
/// <param name="CacheSize">Data keys to remember, with v1 alone: 1000 when absent, off below zero.</param>
/// <param name="Place">Where it stands.</param>
public sealed record KmsConfiguration(string ApiVersion, string Name, string Endpoint, KmsTimeout Timeout, int? CacheSize, Place Place)
{
    /// <summary>The deprecated first version, and the default.</summary>
    public const string V1 = "v1";

    /// <summary>The second version.</summary>
    public const string V2 = "v2";

    internal const int DefaultCacheSize = 1000;

    /// <summary>True for the second version.</summary>
    public bool IsV2 => ApiVersion is V2;
}

/// <summary>A plugin call's deadline, as Go reads it.</summary>
/// <param name="Duration">Parts under 100 ns are cut off.</param>
/// <param name="Text">As written.</param>
public sealed record KmsTimeout(TimeSpan Duration, string Text)
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    internal static KmsTimeout Default { get; } = new(TimeSpan.FromSeconds(3), "3s");

    /// <summary>False for zero and less, which the API server refuses.</summary>
    public bool IsPositive => !Text.StartsWith('-') && HasNanosecond(Text.AsSpan().TrimStart('+'));

    // Go counts whole nanoseconds, and cuts off each part of the text by itself.
    private static bool HasNanosecond(ReadOnlySpan<char> parts)
    {
        while (!parts.IsEmpty)
        {
            var digits = Take(ref parts, parts.IndexOfAnyExcept(Digits));
            var unit = Take(ref parts, parts.IndexOfAny(Digits));
            if (decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                && number >= 1m / Nanoseconds(unit))
            {
                return true;
            }
        }
        return false;
    }

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> text, int end)
    {
        var taken = end < 0 ? text : text[..end];
        text = text[taken.Length..];
        return taken;
    }

    private static long Nanoseconds(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => 3_600_000_000_000,
        "m" => 60_000_000_000,
        "s" => 1_000_000_000,
        "ms" => 1_000_000,
        "us" or "µs" or "μs" => 1_000,
        _ => 1,
    };
}
