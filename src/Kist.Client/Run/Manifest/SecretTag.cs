using System.Text.RegularExpressions;
using Kist.Wire.Hcl;

namespace Kist.Client.Run.Manifest;

/// <summary>What a tag of a secrets file says: words joined by colons in any order, such as <c>!var:file</c> or <c>!var:default='x'</c>.</summary>
/// <param name="IsVariable">The value is an id to ask for; else a literal.</param>
/// <param name="IsFile">The value goes to a file, and the variable holds its path.</param>
/// <param name="Default">Takes the place of an empty value, or null.</param>
public sealed partial record SecretTag(bool IsVariable, bool IsFile, string? Default)
{
    private const string CoreTags = "tag:yaml.org,2002:";
    private static readonly string[] Words = ["var", "file", "str", "int", "bool", "float"];

    /// <summary>What no tag says.</summary>
    public static SecretTag Literal { get; } = new(IsVariable: false, IsFile: false, Default: null);

    /// <summary>Reads a tag as Summon does: known words anywhere in it count, and all else is nothing (<c>!variable</c> is <c>!var</c>).</summary>
    public static SecretTag ReadLoosely(string? tag)
    {
        var read = Literal;
        foreach (Match match in KnownWord().Matches(tag ?? ""))
            read = read.With(match);
        return read;
    }

    /// <summary>Reads a tag all of whose words must be known: a slip would make an id of a value, or a value of an id.</summary>
    /// <exception cref="RunException">A word is unknown.</exception>
    public static SecretTag ReadStrictly(string? tag, string name)
    {
        if (tag is null || tag.StartsWith(CoreTags, StringComparison.Ordinal))
            return Literal;
        var read = Literal;
        var rest = tag.AsSpan().TrimStart('!');
        while (rest.Length > 0)
        {
            var match = WholeWord().Match(rest.ToString());
            if (!match.Success)
                throw Unknown(rest.ToString(), name);
            read = read.With(match);
            rest = rest[match.Length..];
        }
        return read;
    }

    private SecretTag With(Match match) => match.Groups["word"].Value switch
    {
        "var" => this with { IsVariable = true },
        "file" => this with { IsFile = true },
        "" => this with { Default = match.Groups["default"].Value },
        _ => this,
    };

    private static RunException Unknown(string rest, string name)
    {
        // What follows default= may be secret.
        var end = rest.AsSpan().IndexOfAny(':', '=');
        var word = end < 0 ? rest : rest[..end];
        var why = word == "default"
            ? "has a default that is not between quotes: default='…'"
            : $"has an unknown word \"{word}\" in its tag{HclSuggestion.For(word, Words)}";
        return RunException.Usage($"{name} {why}");
    }

    [GeneratedRegex(
        "(?<word>var|file|str|int|bool|float)|default='(?<default>.*)'",
        RegexOptions.CultureInvariant | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex KnownWord();

    // The default reaches to the last quote behind which the tag goes on, or ends.
    [GeneratedRegex(
        "^((?<word>var|file|str|int|bool|float)|default='(?<default>.*)')(:|$)",
        RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex WholeWord();
}
