using System.Text.RegularExpressions;

namespace Kist.Client.Run.Manifest;

/// <summary>Which aliases a file's format can hold.</summary>
internal static partial class AliasRules
{
    private const int LongestYamlKey = 1024;

    /// <exception cref="RunException">An alias is none of its format's names.</exception>
    public static void Check(FileSpec file)
    {
        foreach (var alias in file.Secrets.Select(static s => s.Name))
        {
            if (Fault(file.Format, alias) is { } fault)
                throw RunException.Usage($"alias \"{alias}\" of the file \"{file.Path}\" {fault}");
        }
    }

    private static string? Fault(SecretFileFormat format, string alias) => format switch
    {
        SecretFileFormat.Bash or SecretFileFormat.Dotenv when !Name().IsMatch(alias) =>
            "must be a name of letters, digits and underscores that does not begin with a digit",
        SecretFileFormat.Properties when !DottedName().IsMatch(alias) =>
            "must be a name of letters, digits, underscores and dots that does not begin with a digit",
        SecretFileFormat.Yaml when alias.Length is 0 or > LongestYamlKey || alias.Any(char.IsControl) =>
            $"must have 1 to {LongestYamlKey} printable characters",
        SecretFileFormat.Json when alias.Any(static c => char.IsControl(c) || c is '"' or '\\') => "must not hold control characters, \" or \\",
        _ => null,
    };

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();

    [GeneratedRegex("^[a-zA-Z_.][a-zA-Z0-9_.]*\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DottedName();
}
