namespace Kist.Wire.Yaml;

/// <summary>
/// What a scalar is in YAML 1.1 as Go's yaml.v2 resolves it, which Kubernetes' components use: a key named <c>20240131</c> is a number there and one
/// named <c>y</c> a boolean.
/// </summary>
internal static class YamlScalars
{
    private const string Core = "tag:yaml.org,2002:";

    /// <summary>
    /// The kind, and the number if it is a whole one. Null when the tag names another type; dates and binary data, which yaml.v2 converts, are
    /// refused, too.
    /// </summary>
    /// <param name="tag">As resolved; null when there is none.</param>
    /// <param name="isPlain">False in quotes and for block scalars.</param>
    /// <param name="text">Escapes resolved.</param>
    public static (YamlScalarKind Kind, long? Integer)? Resolve(string? tag, bool isPlain, string text) => tag switch
    {
        null => isPlain ? Plain(text) : (YamlScalarKind.Text, null),
        Core + "null" => Tagged(text, YamlScalarKind.Null),
        Core + "bool" => Tagged(text, YamlScalarKind.Boolean),
        Core + "float" => Tagged(text, YamlScalarKind.Number),
        Core + "int" => Tagged(text, YamlScalarKind.Number) is { } number && YamlNumbers.IsInteger(text) ? number : null,
        Core + "timestamp" or Core + "binary" => null,
        _ => (YamlScalarKind.Text, null),
    };

    private static (YamlScalarKind Kind, long? Integer)? Tagged(string text, YamlScalarKind kind)
    {
        var plain = Plain(text);
        return plain.Kind == kind ? plain : null;
    }

    private static (YamlScalarKind Kind, long? Integer) Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => (YamlScalarKind.Null, null),
        "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "true" or "True" or "TRUE" => (YamlScalarKind.Boolean, null),
        "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "false" or "False" or "FALSE" => (YamlScalarKind.Boolean, null),
        ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" => (YamlScalarKind.Number, null),
        "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" => (YamlScalarKind.Number, null),
        _ => YamlNumbers.TryRead(text, out var integer) ? (YamlScalarKind.Number, integer) : (YamlScalarKind.Text, null),
    };
}
