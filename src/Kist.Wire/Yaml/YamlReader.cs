using System.Text;
using Kist.Wire.Hcl;

namespace Kist.Wire.Yaml;

/// <summary>
/// Reads YAML, or JSON when the text starts with <c>{</c>, as Kubernetes' components read their configuration files: scalars as in YAML 1.1, the
/// first document counts, repeated keys, also merged ones, are kept for the caller to judge. Each value knows its position. Nothing throws; text
/// length, nesting, and what aliases and merge keys expand to are bounded.
/// </summary>
public static class YamlReader
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxLength = 1_048_576;

    /// <summary>Deepest nesting.</summary>
    public const int MaxDepth = 64;

    /// <summary>Most values, aliases counted as if written out.</summary>
    internal const int MaxSize = 200_000;

    /// <summary>Reads a text.</summary>
    public static YamlReading Read(string text)
    {
        if (text.Length > MaxLength)
            return Failed($"the text has {text.Length:N0} characters, more than the {MaxLength:N0} allowed", HclPosition.Start);
        try
        {
            // Whoever reads such a file decides by its first character, too: flow YAML in braces that is not JSON is refused.
            return text.AsSpan().TrimStart().StartsWith('{')
                ? new YamlReading(new JsonTreeReader(Encoding.UTF8.GetBytes(text)).Read(), null, null)
                : YamlTreeBuilder.Read(text);
        }
        catch (HclException e)
        {
            return Failed(e.Reason, e.Position);
        }
    }

    /// <summary>
    /// Reads a text whose tags are its reader's own: each scalar keeps its tag and is text as written, whatever the tag. Braces at the start are
    /// YAML.
    /// </summary>
    public static YamlReading ReadTagged(string text)
    {
        if (text.Length > MaxLength)
            return Failed($"the text has {text.Length:N0} characters, more than the {MaxLength:N0} allowed", HclPosition.Start);
        try
        {
            return YamlTreeBuilder.Read(text, keepTags: true);
        }
        catch (HclException e)
        {
            return Failed(e.Reason, e.Position);
        }
    }

    private static YamlReading Failed(string reason, HclPosition position) => new(null, new YamlFault(reason, position), null);
}
