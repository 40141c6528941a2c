using System.Globalization;
using System.Text.RegularExpressions;

namespace Kist.Wire.Yaml;

/// <summary>
/// What a plain scalar is in YAML 1.1 as Go's yaml.v2 resolves it, which Kubernetes' components use: a key named <c>20240131</c> is a number there
/// and one named <c>y</c> a boolean.
/// </summary>
internal static partial class YamlScalars
{
    public static YamlScalarKind Resolve(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => YamlScalarKind.Null,
        "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "true" or "True" or "TRUE" => YamlScalarKind.Boolean,
        "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "false" or "False" or "FALSE" => YamlScalarKind.Boolean,
        ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" => YamlScalarKind.Number,
        "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" => YamlScalarKind.Number,
        _ => IsNumber(text) ? YamlScalarKind.Number : YamlScalarKind.Text,
    };

    private static bool IsNumber(string text)
    {
        // Longer ones are no integers of 64 bits, and no number that a configuration holds.
        if (text.Length > 64 || !(char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.'))
            return false;
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        return IsInteger(digits) || Fraction().IsMatch(digits);
    }

    private static bool IsInteger(string text)
    {
        var digits = text.TrimStart('+', '-');
        if (text.Length - digits.Length > 1)
            return false;
        return digits switch
        {
            ['0', 'x' or 'X', .. var hex] => ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _),
            ['0', 'b' or 'B', .. var bits] => ulong.TryParse(bits, NumberStyles.AllowBinarySpecifier, CultureInfo.InvariantCulture, out _),
            ['0', 'o' or 'O', .. var octal] => IsOctal(octal),
            ['0', .. var octal] when octal.Length > 0 => IsOctal(octal),
            _ => ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        };
    }

    private static bool IsOctal(string digits) => digits.Length is > 0 and <= 22 && digits.All(c => c is >= '0' and <= '7');

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fraction();
}
