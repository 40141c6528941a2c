using System.Globalization;
using System.Text.Json;

namespace Kist.Crypto.Jose;

/// <summary>Where a claim stands: the name of one at the top, or a JSON Pointer (RFC 6901) such as <c>/groups/primary</c>.</summary>
public sealed class ClaimPath
{
    private readonly string[] steps;

    private ClaimPath(string[] steps) => this.steps = steps;

    /// <summary>A claim at the top, whatever its name looks like.</summary>
    public static ClaimPath Top(string name) => new([name]);

    /// <summary>
    /// Reads a pointer when the text begins with <c>/</c>, else the name of a claim at the top. Null for a pointer with a bad escape, and for no text.
    /// </summary>
    public static ClaimPath? TryParse(string text)
    {
        if (text.Length == 0)
            return null;
        if (!text.StartsWith('/'))
            return Top(text);
        var parts = text[1..].Split('/');
        return Array.TrueForAll(parts, HasGoodEscapes)
            ? new ClaimPath(Array.ConvertAll(parts, p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
            : null;
    }

    /// <summary>What stands there; null when nothing does, and for JSON's null.</summary>
    public JsonElement? Find(JsonElement root)
    {
        var here = root;
        foreach (var step in steps)
        {
            if (Step(here, step) is not { } next)
                return null;
            here = next;
        }
        return here.ValueKind == JsonValueKind.Null ? null : here;
    }

    private static JsonElement? Step(JsonElement parent, string step)
    {
        if (parent.ValueKind == JsonValueKind.Object)
            return parent.TryGetProperty(step, out var member) ? member : null;
        // An index is written in one way only: 01 is none.
        return parent.ValueKind == JsonValueKind.Array && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && index < parent.GetArrayLength() && (step.Length == 1 || step[0] != '0')
            ? parent[index]
            : null;
    }

    private static bool HasGoodEscapes(string step)
    {
        for (var i = step.IndexOf('~', StringComparison.Ordinal); i >= 0; i = step.IndexOf('~', i + 1))
        {
            if (i + 1 == step.Length || step[i + 1] is not ('0' or '1'))
                return false;
        }
        return true;
    }
}
