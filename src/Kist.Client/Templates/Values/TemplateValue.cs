using System.Text.Json;

namespace Kist.Client.Templates.Values;

/// <summary>
/// A value that a template works with. Immutable but for the maps that a template changes itself. Prints as its kind: most values are secrets.
/// Accepted risk: texts are strings, as every function needs them, which cannot be wiped; they live as long as a rendering, or whoever answers it.
/// </summary>
public abstract class TemplateValue
{
    private protected TemplateValue()
    {
    }

    /// <summary>Nothing.</summary>
    public static TemplateValue Nil => NilValue.Instance;

    /// <summary>The kind for messages, with its article: <c>a string</c>.</summary>
    internal abstract string Noun { get; }

    /// <summary>The name of the type that the value would have in Go, which <c>%T</c> prints.</summary>
    internal abstract string GoType { get; }

    /// <summary>Whether <c>if</c> takes it for true: not nil, zero or empty.</summary>
    internal abstract bool IsTrue { get; }

    /// <summary>A string.</summary>
    public static TemplateValue Of(string text) => new TextValue(text);

    /// <summary>A string of bytes, which need not be valid UTF-8 and are written to the output as they are.</summary>
    public static TemplateValue Of(ReadOnlySpan<byte> bytes) => new TextValue(GoText.FromBytes(bytes));

    /// <summary>A list of strings.</summary>
    public static TemplateValue Of(IEnumerable<string> texts) => ListValue.OfTexts(texts);

    /// <summary>What a JSON text holds. Numbers stay as they were written.</summary>
    /// <exception cref="FormatException">A string of it is no valid text.</exception>
    public static TemplateValue Of(JsonElement json) => JsonValues.Read(json, numbersAsWritten: true);

    /// <summary>The kind, never the value.</summary>
    public sealed override string ToString() => Noun;
}
