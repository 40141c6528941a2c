using Kist.Wire;

namespace Kist.Core.Routing.Fields;

/// <summary>The text form of a duration wherever a client gives one outside a JSON body (headers, mount options).</summary>
public static class DurationField
{
    /// <summary>Reads seconds or a Go duration; an empty text is zero.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        return text.Length == 0 || GoDuration.TryParse(text, out value);
    }
}
