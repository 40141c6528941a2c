using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Audit;

/// <summary>How <see cref="JsonRedactor"/> ended; nothing is written unless <see cref="Written"/>.</summary>
internal enum Redaction
{
    /// <summary>The value was written.</summary>
    Written,

    /// <summary>No JSON, or nested too deeply.</summary>
    Malformed,

    /// <summary>The result would exceed <see cref="RedactionRules.MostBytes"/>.</summary>
    TooLarge,
}

/// <summary>What stays in clear or is left out of one JSON value.</summary>
/// <param name="Marks">What is in clear by the record's marks, or by <c>log_raw</c>.</param>
/// <param name="Open">What may be in clear at all.</param>
/// <param name="PlainKeys">Names at the top below which all that may be stays in clear (a mount's <c>audit_non_hmac_*_keys</c>).</param>
/// <param name="ElideLists">Replaces <c>keys</c> and <c>key_info</c> at the top by the number of their elements.</param>
internal readonly record struct RedactionRules(PlainKeys Marks, PlainKeys Open, IReadOnlyList<string> PlainKeys, bool ElideLists)
{
    /// <summary>
    /// Largest result in bytes: a number of one digit becomes 79, so a large body could otherwise fill memory, time and disk.
    /// </summary>
    public int MostBytes { get; init; } = 512 * 1024;
}

/// <summary>
/// Copies JSON token by token and replaces every string and number by its HMAC. Names, structure, truth values and null stay. A string is hashed as its
/// characters, a number as it is written. Nothing is parsed into objects.
/// </summary>
internal ref struct JsonRedactor
{
    private readonly AuditSalt salt;
    private readonly RecordBuffer output;
    private readonly RedactionRules rules;
    private readonly int end;
    private Utf8JsonReader reader;

    private JsonRedactor(ReadOnlySpan<byte> json, in RedactionRules rules, AuditSalt salt, RecordBuffer output)
    {
        // A body that was taken is shown inside an answer.
        reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = FieldJson.MaxDepth + 16 });
        this.rules = rules;
        this.salt = salt;
        this.output = output;
        end = output.Length + rules.MostBytes;
    }

    /// <summary>Adds the redacted <paramref name="json"/> as one value.</summary>
    public static Redaction Write(ReadOnlySpan<byte> json, in RedactionRules rules, AuditSalt salt, RecordBuffer output)
    {
        if (!Utf8.IsValid(json))
            return Redaction.Malformed;
        var start = output.Length;
        try
        {
            var redactor = new JsonRedactor(json, rules, salt, output);
            if (redactor.Document())
                return Redaction.Written;
            output.Truncate(start);
            return Redaction.TooLarge;
        }
        catch (Exception e) when (e is JsonException or (InvalidOperationException and not ObjectDisposedException))
        {
            // The second is the reader's answer to an escaped lone surrogate.
            output.Truncate(start);
            return Redaction.Malformed;
        }
    }

    private bool Document()
    {
        Next();
        var written = reader.TokenType == JsonTokenType.StartObject ? Object(rules.Marks, top: true) : Value(rules.Marks);
        // Refuses anything after the value.
        return written && !reader.Read();
    }

    private bool Value(PlainKeys marks) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Object(marks, top: false),
        JsonTokenType.StartArray => Array(marks),
        JsonTokenType.String => String(marks),
        JsonTokenType.Number => Scalar(marks, hidden: true),
        _ => Scalar(marks, hidden: false),
    };

    private bool Object(PlainKeys marks, bool top)
    {
        output.Open('{');
        while (Next() != JsonTokenType.EndObject)
        {
            var below = (top && IsPlain() ? rules.Open : marks).Below(ref reader);
            var elided = top && rules.ElideLists && (reader.ValueTextEquals("keys"u8) || reader.ValueTextEquals("key_info"u8));
            output.Name(reader.ValueSpan);
            _ = Next();
            if (elided && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                output.Number(CountElements());
            else if (!Value(below))
                return false;
        }
        output.Close('}');
        return output.Length <= end;
    }

    private bool Array(PlainKeys marks)
    {
        output.Open('[');
        while (Next() != JsonTokenType.EndArray)
        {
            if (!Value(marks))
                return false;
        }
        output.Close(']');
        return output.Length <= end;
    }

    private bool String(PlainKeys marks)
    {
        if (marks == PlainKeys.All)
        {
            output.Separate();
            output.Raw("\""u8);
            output.Raw(reader.ValueSpan);
            output.Raw("\""u8);
        }
        else if (reader.ValueIsEscaped)
        {
            Unescaped();
        }
        else
        {
            salt.Write(reader.ValueSpan, output);
        }
        return output.Length <= end;
    }

    private void Unescaped()
    {
        var text = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            salt.Write(text.AsSpan(0, reader.CopyString(text)), output);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(text, clearArray: true);
        }
    }

    private bool Scalar(PlainKeys marks, bool hidden)
    {
        if (hidden && marks != PlainKeys.All)
        {
            salt.Write(reader.ValueSpan, output);
        }
        else
        {
            output.Separate();
            output.Raw(reader.ValueSpan);
        }
        return output.Length <= end;
    }

    private bool IsPlain()
    {
        for (var i = 0; i < rules.PlainKeys.Count; i++)
        {
            if (reader.ValueTextEquals(rules.PlainKeys[i]))
                return true;
        }
        return false;
    }

    private int CountElements()
    {
        var count = 0;
        while (Next() is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            count++;
            reader.Skip();
        }
        return count;
    }

    private JsonTokenType Next()
    {
        // The whole value is at hand, so the reader throws rather than answers false inside it.
        _ = reader.Read();
        return reader.TokenType;
    }
}
