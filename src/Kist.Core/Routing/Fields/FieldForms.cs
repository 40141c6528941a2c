namespace Kist.Core.Routing.Fields;

/// <summary>How one text stands for several values.</summary>
internal static class FieldForms
{
    /// <summary>The parts of a comma-separated text, trimmed, without empty ones.</summary>
    public static string[] Parts(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Key and value of <c>k=v</c>; null for another text.</summary>
    public static (string Key, string Value)? Pair(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? (text[..equals], text[(equals + 1)..]) : null;
    }
}
