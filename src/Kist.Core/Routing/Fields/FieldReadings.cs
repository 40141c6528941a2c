using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Kist.Core.Routing.Fields;

/// <summary>
/// What a field of each type would read from one JSON scalar, by the converters themselves; null where that type refuses it. For rules that must hold
/// whatever the type is.
/// </summary>
/// <remarks>May be a secret: never printed.</remarks>
internal sealed class FieldReadings
{
    private FieldReadings(params string[] texts) => Texts = texts;

    /// <summary>A string itself, a number as it is written, a boolean as <c>true</c> or <c>false</c>.</summary>
    public string Text => Texts[0];

    /// <summary><see cref="Text"/> and, for a boolean, also <c>1</c> or <c>0</c>, as a field that is a string reads it.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>As a whole number.</summary>
    public long? Integer { get; private init; }

    /// <summary>As a number of any kind, where it can be told exactly.</summary>
    public decimal? Number { get; private init; }

    /// <summary>As a boolean.</summary>
    public bool? Boolean { get; private init; }

    /// <summary>As a duration.</summary>
    public TimeSpan? Duration { get; private init; }

    /// <summary>As a moment.</summary>
    public DateTimeOffset? Time { get; private init; }

    /// <summary>Of a string.</summary>
    public static FieldReadings Of(string text) => new(text)
    {
        Integer = Int64FieldConverter.FromText(text),
        Number = ToDecimal(text),
        Boolean = BooleanFieldConverter.FromText(text),
        // A mount's lease times know this word for none of its own.
        Duration = text is "system" ? TimeSpan.Zero : DurationFieldConverter.FromText(text),
        Time = TimeOf(text),
    };

    /// <summary>Of a string, number or boolean.</summary>
    /// <exception cref="InvalidOperationException">A string's escape names no character.</exception>
    public static FieldReadings Of(JsonElement scalar) => scalar.ValueKind switch
    {
        JsonValueKind.String => Of(scalar.GetString()!),
        JsonValueKind.True => new("true", "1") { Integer = 1, Boolean = true },
        JsonValueKind.False => new("false", "0") { Integer = 0, Boolean = false },
        _ => OfNumber(JsonMarshal.GetRawUtf8Value(scalar)),
    };

    /// <summary>Null when it is no number, or one that is out of range.</summary>
    public static decimal? ToDecimal(string text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    private static FieldReadings OfNumber(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        _ = reader.Read();
        var text = Encoding.UTF8.GetString(json);
        return new(text)
        {
            Integer = Int64FieldConverter.Convert(ref reader),
            Number = ToDecimal(text),
            Boolean = BooleanFieldConverter.Convert(ref reader),
            Duration = DurationFieldConverter.Convert(ref reader),
            Time = TimeFieldConverter.Convert(ref reader),
        };
    }

    private static DateTimeOffset? TimeOf(string text)
    {
        // A time is in ASCII and needs no escapes.
        if (text.Length is 0 or > 64 || !text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or ':' or '.' or '+'))
            return null;
        var reader = new Utf8JsonReader(Encoding.ASCII.GetBytes($"\"{text}\""));
        _ = reader.Read();
        return TimeFieldConverter.Convert(ref reader);
    }
}
