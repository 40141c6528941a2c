using System.Buffers;
using System.Text;
using System.Text.Json;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>
/// Reads the field at which the reader stands and leaves the reader at the end of its value; false when the value has the wrong type.
/// </summary>
internal delegate bool JsonFieldReading<in TState>(ref Utf8JsonReader reader, string name, TState state);

/// <summary>Steps through JSON without building a tree. What is malformed makes the reader throw, which the caller expects.</summary>
internal static class JsonFields
{
    /// <summary>Reads each field of the object at which the reader stands; null is an object without fields.</summary>
    public static bool Each<TState>(ref Utf8JsonReader reader, TState state, JsonFieldReading<TState> read)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return true;
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = Text(ref reader);
            reader.Read();
            if (!read(ref reader, name, state))
                return false;
        }
        return true;
    }

    /// <summary>Text, or nothing for null.</summary>
    public static bool TryText(ref Utf8JsonReader reader, Action<string> take)
    {
        if (reader.TokenType == JsonTokenType.String)
            take(Text(ref reader));
        return reader.TokenType is JsonTokenType.String or JsonTokenType.Null;
    }

    /// <summary>
    /// Notes where a text stands; nothing for null. Other values are passed over and noted as they are written, as custom resources may have any.
    /// </summary>
    public static bool AddText(ref Utf8JsonReader reader, string name, List<StoredField> fields)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            var offset = (int)reader.TokenStartIndex + 1;
            fields.Add(new StoredField(name, StoredForm.JsonText, offset, reader.ValueSpan.Length, reader.ValueSpan.Length));
            return true;
        }
        reader.Skip();
        return true;
    }

    /// <summary>True when the inside of a JSON string is not yet what it stands for.</summary>
    public static bool HasEscapes(ReadOnlySpan<byte> written) => written.Contains((byte)'\\');

    /// <summary>
    /// Appends the bytes that the inside of a JSON string with escapes stands for; false, and nothing appended, when it is no valid text.
    /// </summary>
    public static bool TryUnescape(ReadOnlySpan<byte> written, SecretBuffer text)
    {
        using var quoted = new SecretBuffer();
        quoted.Write("\""u8);
        quoted.Write(written);
        quoted.Write("\""u8);
        try
        {
            var reader = new Utf8JsonReader(quoted.Written);
            reader.Read();
            text.Advance(reader.CopyString(text.GetSpan(written.Length)));
            return true;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or no UTF-8.
            return false;
        }
    }

    // Bytes that are no UTF-8 and halves of surrogate pairs become replacement characters, as in Go.
    private static string Text(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return Encoding.UTF8.GetString(reader.ValueSpan);
        using var text = new SecretBuffer();
        return Encoding.UTF8.GetString(TryUnescape(reader.ValueSpan, text) ? text.Written : reader.ValueSpan);
    }
}
