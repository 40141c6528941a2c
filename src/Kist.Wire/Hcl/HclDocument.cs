namespace Kist.Wire.Hcl;

/// <summary>
/// A parsed configuration text: HCL version 1 as policies and configuration files use it, or its JSON equivalent. Both give the same tree, so that a
/// reader
/// need not know which one was written.
/// </summary>
/// <param name="Root">The items of the text's top level.</param>
public sealed record HclDocument(HclObject Root)
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxLength = 1_048_576;

    /// <summary>Deepest nesting of blocks, objects and lists.</summary>
    public const int MaxDepth = 64;

    /// <summary>Parses HCL, or JSON when the text starts with <c>{</c>, as no HCL text does.</summary>
    /// <exception cref="HclException">The text is malformed, too long or nested too deeply. No other exception leaves this method.</exception>
    public static HclDocument Parse(string text)
    {
        CheckLength(text);
        return text.AsSpan().TrimStart("\uFEFF \t\r\n").StartsWith('{') ? ParseJson(text) : new HclDocument(new HclParser(text).ParseText());
    }

    /// <summary>Parses a JSON object.</summary>
    /// <exception cref="HclException">The text is malformed, too long or nested too deeply. No other exception leaves this method.</exception>
    public static HclDocument ParseJson(string text)
    {
        CheckLength(text);
        return new HclDocument(new HclJsonParser(text).ParseText());
    }

    private static void CheckLength(string text)
    {
        if (text.Length > MaxLength)
            throw new HclException($"the text has {text.Length:N0} characters, more than the {MaxLength:N0} allowed", HclPosition.Start);
    }
}
