using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Kist.Core.Policies;
using Kist.Core.Policies.Parsing;

namespace Kist.Core.Tests.Policies;

/// <summary>Holds docs/reference/policies.md to its word.</summary>
public sealed partial class PolicyReferenceTests
{
    private const RegexOptions Common = RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    private static readonly string Reference = File.ReadAllText(PathOfReference());

    public static TheoryData<string> Examples() => [.. ExampleBlock().Matches(Reference).Select(m => m.Groups["text"].Value)];

    public static TheoryData<string, string, string> PatternRows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (Match row in PatternRow().Matches(Reference))
            rows.Add(row.Groups["a"].Value, row.Groups["b"].Value, row.Groups["c"].Value);
        return rows;
    }

    public static TheoryData<string, string, string> PriorityRows()
    {
        var rows = new TheoryData<string, string, string>();
        foreach (Match row in PriorityRow().Matches(Reference))
            rows.Add(row.Groups["a"].Value, row.Groups["b"].Value, row.Groups["c"].Value);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Example_is_a_policy_without_faults_and_warnings(string text)
    {
        var policy = PolicyParser.Parse("example", text);
        Assert.True(policy.Succeeded, policy.Failure?.Message);
        Assert.NotEmpty(policy.Value.Rules);
        Assert.Empty(policy.Value.Warnings);
    }

    [Theory]
    [MemberData(nameof(PatternRows))]
    public void Pattern_matches_what_the_table_says(string pattern, string matches, string differs)
    {
        var acl = AclBuilder.Acl($"path \"{pattern}\" {{ capabilities = [\"read\"] }}");
        Assert.True(acl.Allows(matches));
        Assert.False(acl.Allows(differs));
    }

    [Theory]
    [MemberData(nameof(PriorityRows))]
    public void First_pattern_decides_before_the_second(string path, string first, string second)
    {
        var acl = AclBuilder.Acl($"path \"{second}\" {{ capabilities = [\"read\"] }}\npath \"{first}\" {{ capabilities = [\"update\"] }}");
        Assert.Equal("update", acl.At(path));
        Assert.Equal("read", AclBuilder.Acl($"path \"{second}\" {{ capabilities = [\"read\"] }}").At(path));
    }

    [Fact]
    public void Examples_and_tables_are_found()
    {
        Assert.True(Examples().Count >= 10);
        Assert.True(PatternRows().Count >= 7);
        Assert.True(PriorityRows().Count >= 7);
    }

    [Fact]
    public void Error_messages_of_the_reference_are_the_real_ones()
    {
        var faults = AclBuilder.Faults(
            """
            # line 1
            path "a" {
              capabilities = [
                "raed"
              ]
            }
            path "b" {
              policy     = "read"
              capability = []
            }
            """);
        Assert.All(faults, f => Assert.Contains(f, Reference, StringComparison.Ordinal));
        Assert.Equal(2, faults.Length);
    }

    [Fact]
    public void Every_capability_is_in_the_reference()
    {
        foreach (var capability in Enum.GetValues<Capabilities>().Where(c => c != Capabilities.None))
            Assert.Contains($"| `{capability.ToString().ToLowerInvariant()}` |", Reference, StringComparison.Ordinal);
    }

    private static string PathOfReference([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "reference", "policies.md");

    [GeneratedRegex("^```(hcl|json)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | Common, 1000)]
    private static partial Regex ExampleBlock();

    [GeneratedRegex(@"^\| `(?<a>[^`]+)` \| `(?<b>[^`]+)` \| `(?<c>[^`]+)` \|$", RegexOptions.Multiline | Common, 1000)]
    private static partial Regex PatternRow();

    [GeneratedRegex(@"^\| `(?<a>[^`]+)` \| `(?<b>[^`]+)` before `(?<c>[^`]+)` \|$", RegexOptions.Multiline | Common, 1000)]
    private static partial Regex PriorityRow();
}
