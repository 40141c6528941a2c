using System.Text.RegularExpressions;
using Kist.Client.Tests.Fakes;
using Kist.Hosting;

namespace Kist.Client.Tests.Hosting;

/// <summary>The configuration reference says what the reader reads: its examples are read, and its tables name the settings.</summary>
public sealed partial class ConfigurationReferenceTests
{
    private const string Key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/reference/configuration.md"));

    [Theory]
    [InlineData("hcl")]
    [InlineData("yaml")]
    [InlineData("json")]
    public void Examples_are_read_without_fault(string language)
    {
        var examples = Blocks(language);
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var config = Read(example, language == "yaml");
            Assert.NotEmpty(config.Listeners);
            Assert.Empty(config.Ignored);
        }
    }

    [Fact]
    public void First_examples_in_each_language_say_the_same()
    {
        var hcl = Read(Blocks("hcl")[0], yaml: false);
        foreach (var other in new[] { Read(Blocks("yaml")[0], yaml: true), Read(Blocks("json")[0], yaml: false) })
        {
            Assert.Equal(hcl.Listeners, other.Listeners);
            Assert.Equal(hcl.Storage, other.Storage);
            Assert.Equal(hcl.Seal?.Current.Id, other.Seal?.Current.Id);
            Assert.Equal(hcl.ApiAddress, other.ApiAddress);
            Assert.Equal(hcl.MaxLeaseTtl, other.MaxLeaseTtl);
            Assert.Equal(hcl.LogFormat, other.LogFormat);
        }
    }

    // The reader names what it knows in each error about an unknown key, so the page is checked against its own source of truth: every key is accepted.
    [Fact]
    public void Every_key_in_the_tables_is_one_that_the_reader_knows()
    {
        var scopes = Scopes();
        Assert.Equal(["listener \"tcp\"", "listener \"unix\"", "rotation", "seal \"static\"", "storage \"sqlite\"", "top"], scopes.Select(s => s.Scope).Distinct().Order(StringComparer.Ordinal));
        foreach (var (scope, key) in scopes)
        {
            var error = Assert.ThrowsAny<Exception>(() => Read(Misuse(scope, key), yaml: false));
            Assert.DoesNotContain($"unknown setting \"{key}\"", error.Message, StringComparison.Ordinal);
            Assert.Contains("unknown setting \"no_such_key\"", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_key_that_the_reader_asks_for_is_in_the_tables()
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "src/Kist/Hosting/ConfigReader.cs"));
        var asked = AskedKey().Matches(source).Select(m => m.Groups[1].Value).ToList();
        Assert.True(asked.Count > 20, "the pattern no longer finds the keys");
        Assert.Empty(asked.Except(Scopes().Select(s => s.Key)));
    }

    private static string Misuse(string scope, string key) => scope == "top"
        ? $"{key} = \"x\"\nno_such_key = 1"
        : $"{scope} {{\n{key} = \"x\"\nno_such_key = 1\n}}";

    private static ServerConfig Read(string text, bool yaml) => new ConfigReader(name => name == "KIST_SEAL_KEY" ? Key : null).ReadText("example", text, yaml);

    private static List<string> Blocks(string language) =>
        [.. Fence().Matches(Page).Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value)];

    // A heading "## `listener "tcp"`" opens a scope; the first cell of a row below it is a key.
    private static List<(string Scope, string Key)> Scopes()
    {
        var found = new List<(string, string)>();
        var scope = "";
        foreach (var line in Page.Split('\n'))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                scope = line == "## Top level" ? "top" : line[3..].Trim('`');
            else if (Row().Match(line) is { Success: true } row)
                found.Add((scope, row.Groups[1].Value));
        }
        return found;
    }

    [GeneratedRegex("```(\\w+)\n(.*?)```", RegexOptions.Singleline, 1000)]
    private static partial Regex Fence();

    [GeneratedRegex("^\\| `([a-z_]+)` \\|", RegexOptions.None, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("block\\.(?:Text|Flag|Whole|Duration|Mode|OneOf|Words)\\(\"([a-z_]+)\"", RegexOptions.None, 1000)]
    private static partial Regex AskedKey();
}
