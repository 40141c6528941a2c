using System.Globalization;
using System.Text;
using Kist.Core;

namespace Kist.Engines.Kv.V2;

/// <summary>What settings of a mount or a secret may be.</summary>
internal static class SecretSettings
{
    private const int MostLabels = 64;
    private const int LabelKeyBytes = 128;
    private const int LabelValueBytes = 512;

    // Go's longest duration is 292 years; this bound also keeps every deletion time a valid date.
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(36_500);

    /// <summary>Checks <c>max_versions</c>; null when it is good or not given.</summary>
    public static Failure? CheckMaxVersions(int? value) =>
        value < 0 ? Failure.Invalid("kv.invalid_max_versions", "field \"max_versions\": must be 0 (for the default) or greater") : null;

    /// <summary>Checks <c>delete_version_after</c>; null when it is good or not given.</summary>
    public static Failure? CheckDeleteVersionAfter(TimeSpan? value, bool mayBeNegative)
    {
        if (value < TimeSpan.Zero && !mayBeNegative)
            return Failure.Invalid("kv.invalid_duration", "field \"delete_version_after\": must not be negative; 0 clears it");
        return value > LongestDuration
            ? Failure.Invalid("kv.invalid_duration", "field \"delete_version_after\": must not exceed 876000h (100 years)")
            : null;
    }

    /// <summary>Checks <c>custom_metadata</c> and names every fault; null when it is good or not given.</summary>
    public static Failure? CheckCustomMetadata(IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null)
            return null;
        if (labels.Count > MostLabels)
            return Invalid($"payload must contain at most {MostLabels} keys, provided {labels.Count}");
        var faults = labels.OrderBy(l => l.Key, StringComparer.Ordinal).SelectMany(l => Faults(l.Key, l.Value)).ToList();
        return faults.Count == 0 ? null : Invalid(string.Join("; ", faults));
    }

    private static IEnumerable<string> Faults(string key, string value)
    {
        var shown = Show(key);
        var keyBytes = Encoding.UTF8.GetByteCount(key);
        if (keyBytes is 0 or > LabelKeyBytes)
            yield return $"length of key \"{shown}\" is {keyBytes} but must be 0 < len(key) <= {LabelKeyBytes}";
        var valueBytes = Encoding.UTF8.GetByteCount(value);
        if (valueBytes is 0 or > LabelValueBytes)
            yield return $"length of value for key \"{shown}\" is {valueBytes} but must be 0 < len(value) <= {LabelValueBytes}";
        if (!IsPrintable(key))
            yield return $"key \"{shown}\" contains unprintable characters";
        if (!IsPrintable(value))
            yield return $"value for key \"{shown}\" contains unprintable characters";
    }

    /// <summary>At most the allowed length, and nothing that a terminal would act on.</summary>
    private static string Show(string key)
    {
        var text = new StringBuilder();
        foreach (var rune in key.EnumerateRunes().Take(LabelKeyBytes))
            text.Append(IsPrintable(rune) ? rune.ToString() : $"\\u{rune.Value:x4}");
        return text.ToString();
    }

    private static bool IsPrintable(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsPrintable(rune))
                return false;
        }
        return true;
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static Failure Invalid(string what) => Failure.Invalid("kv.invalid_custom_metadata", $"custom_metadata validation failed: {what}");
}
