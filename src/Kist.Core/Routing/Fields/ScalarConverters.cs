using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Crypto;

namespace Kist.Core.Routing.Fields;

/// <summary>A string, or a number or boolean in its place (<c>1</c> and <c>0</c>, as Vault converts).</summary>
internal sealed class StringFieldConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Convert(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString()!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    public static string Convert(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
        JsonTokenType.True => "1",
        JsonTokenType.False => "0",
        _ => throw FieldReason.Expected("a string"),
    };
}

/// <summary>A secret string; written back only into answers whose purpose is to show it.</summary>
internal sealed class SecretTextFieldConverter : JsonConverter<SecretText>
{
    public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // Without a string, which could not be wiped. A number or a word is no secret that anybody chose well.
        if (reader.TokenType != JsonTokenType.String || reader.HasValueSequence)
            return new(StringFieldConverter.Convert(ref reader));
        if (!reader.ValueIsEscaped)
            return new(reader.ValueSpan);
        var plain = new byte[reader.ValueSpan.Length];
        try
        {
            return new(plain.AsSpan(0, reader.CopyString(plain)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) => writer.WriteStringValue(value.Utf8);
}

/// <summary>true or false; the words and digits that Go's ParseBool takes; any number (zero is false); an empty string (false).</summary>
internal sealed class BooleanFieldConverter : JsonConverter<bool>
{
    public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Convert(ref reader) ?? throw FieldReason.Expected("true or false");

    public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);

    /// <summary>Null when it is no boolean.</summary>
    public static bool? Convert(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Number => reader.GetDouble() != 0,
        JsonTokenType.String => FromText(reader.GetString()!),
        _ => null,
    };

    /// <summary>Null when it is no boolean.</summary>
    public static bool? FromText(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "" or "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };
}

/// <summary>A whole number, also as a string (decimal, or hexadecimal with 0x) or a boolean; an empty string is 0.</summary>
internal sealed class Int64FieldConverter : JsonConverter<long>
{
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Convert(ref reader) ?? throw FieldReason.Expected("a whole number");

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    /// <summary>Null when it is no whole number.</summary>
    public static long? Convert(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetInt64(out var number):
                return number;
            case JsonTokenType.Number when reader.GetDouble() is var real && double.IsInteger(real) && Math.Abs(real) < 1L << 53:
                return (long)real;
            case JsonTokenType.True:
                return 1;
            case JsonTokenType.False:
                return 0;
            case JsonTokenType.String:
                return FromText(reader.GetString()!);
            default:
                return null;
        }
    }

    /// <summary>Null when it is no whole number.</summary>
    public static long? FromText(string text)
    {
        var digits = text.AsSpan().Trim();
        if (digits.Length == 0)
            return 0;
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) && hex >= 0 ? hex : null;
        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}

/// <summary>As <see cref="Int64FieldConverter"/>, within 32 bits.</summary>
internal sealed class Int32FieldConverter : JsonConverter<int>
{
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Convert(ref reader);

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    public static int Convert(ref Utf8JsonReader reader) => Int64FieldConverter.Convert(ref reader) switch
    {
        null => throw FieldReason.Expected("a whole number"),
        >= int.MinValue and <= int.MaxValue and { } value => (int)value,
        _ => throw FieldReason.Expected("a whole number within 32 bits"),
    };
}

/// <summary>Seconds as a number, or a Go duration (<c>1h30m</c>); an empty string is zero. Written as whole seconds.</summary>
internal sealed class DurationFieldConverter : JsonConverter<TimeSpan>
{
    private const string Form = "a duration such as \"1h30m\" or a number of seconds";

    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Convert(ref reader) ?? throw FieldReason.Expected(Form);

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteNumberValue((long)value.TotalSeconds);

    /// <summary>Null when it is no duration.</summary>
    public static TimeSpan? Convert(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetDouble(out var seconds) => FromSeconds(seconds),
        JsonTokenType.String => FromText(reader.GetString()!),
        _ => null,
    };

    /// <summary>Null when it is too long.</summary>
    public static TimeSpan? FromSeconds(double seconds) =>
        Math.Abs(seconds) <= TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Null when it is no duration.</summary>
    public static TimeSpan? FromText(string text) => DurationField.TryParse(text, out var value) ? value : null;
}

/// <summary>RFC 3339, or Unix time in whole seconds, also as a string. Written as RFC 3339 in UTC with <c>Z</c>.</summary>
internal sealed class TimeFieldConverter : JsonConverter<DateTimeOffset>
{
    private static readonly long First = DateTimeOffset.MinValue.ToUnixTimeSeconds();
    private static readonly long Last = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Convert(ref reader) ?? throw FieldReason.Expected("a time such as \"2026-01-31T12:00:00Z\"");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);

    /// <summary>Null when it is no time.</summary>
    public static DateTimeOffset? Convert(ref Utf8JsonReader reader)
    {
        // Without an offset it would be a time of the server's own zone.
        if (reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) && HasOffset(reader.GetString()!))
            return time;
        return SecondsOf(ref reader) is { } seconds && seconds >= First && seconds <= Last ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }

    private static long? SecondsOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
        JsonTokenType.String when long.TryParse(reader.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => null,
    };

    // What was read as a time ends in Z, ±hh:mm or a digit of the time itself.
    private static bool HasOffset(string text) =>
        text.EndsWith('Z') || (text.Contains('T', StringComparison.Ordinal) && text.Length > 6 && text[^6] is '+' or '-');
}
