using Kist.Client.Run;
using Kist.Client.Run.Manifest;

namespace Kist.Client.Tests.Run.Manifest;

/// <summary><c>summon.files</c>: 20, 21, 22 of Summon's edge cases, as far as reading goes.</summary>
public sealed class FileSpecTests
{
    private const string Secrets = "secrets: {A: x}";

    [Fact]
    public void All_fields_are_read_and_have_their_defaults()
    {
        var plain = Read($"path: a/b\n{Secrets}");
        Assert.Equal(("a/b", SecretFileFormat.Yaml, false, Convert.ToInt32("600", 8)), (plain.Path, plain.Format, plain.Overwrite, (int)plain.Permissions));
        var full = Read($"path: a\nformat: bash\npermissions: 0640\noverwrite: true\n{Secrets}");
        Assert.Equal((SecretFileFormat.Bash, true, Convert.ToInt32("640", 8)), (full.Format, full.Overwrite, (int)full.Permissions));
        Assert.Equal(SecretFileFormat.Template, Read($"path: a\nformat: json\ntemplate: x\n{Secrets}").Format);
    }

    [Theory]
    [InlineData("summon.files: a", "summon.files must be a sequence/array")]
    [InlineData("summon.files: {path: a}", "summon.files must be a sequence/array")]
    [InlineData("summon.files: [a]", "each of summon.files must be a mapping, not a string")]
    [InlineData("summon.files: [{path: a}]", "no secrets defined")]
    [InlineData("summon.files: [{path: a, secrets: }]", "no secrets defined")]
    [InlineData("summon.files: [{path: a, secrets: {}}]", "no secrets defined")]
    [InlineData("summon.files: [{secrets: {A: x}}]", "a path is required")]
    [InlineData("summon.files: [{path: '', secrets: {A: x}}]", "a path is required")]
    [InlineData("summon.files: [{path: a/, secrets: {A: x}}]", "must end in a file name")]
    [InlineData("summon.files: [{path: a/.., secrets: {A: x}}]", "must end in a file name")]
    [InlineData("summon.files: [{path: a, format: xml, secrets: {A: x}}]", "unrecognized standard file format, \"xml\"")]
    [InlineData("summon.files: [{path: a, format: template, secrets: {A: x}}]", "format template and no template")]
    [InlineData("summon.files: [{path: a, permissions: 0888, secrets: {A: x}}]", "must be octal")]
    [InlineData("summon.files: [{path: a, permissions: 0, secrets: {A: x}}]", "must be octal")]
    [InlineData("summon.files: [{path: a, permissions: rw, secrets: {A: x}}]", "must be octal")]
    [InlineData("summon.files: [{path: a, overwrite: maybe, secrets: {A: x}}]", "must be true or false")]
    [InlineData("summon.files: [{path: a, fromat: json, secrets: {A: x}}]", "unknown field of summon.files (did you mean \"format\"?)")]
    [InlineData("summon.files: [{path: ./a, secrets: {A: x}}, {path: a, secrets: {A: x}}]", "already exists")]
    [InlineData("summon.files: [{path: a, secrets: {dev: {A: x}}}]", "environment sections exist in file config but no environment specified")]
    public void Fault_is_told(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<RunException>(() => SecretsManifest.Read(yaml, new ManifestOptions())).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void Longest_name_has_255_bytes(int length, bool isGood)
    {
        var failure = Record.Exception(() => Read($"path: a/{new string('n', length)}\n{Secrets}"));
        Assert.Equal(isGood, failure is null);
    }

    [Theory]
    [InlineData("bash", "A_1", true)]
    [InlineData("bash", "1A", false)]
    [InlineData("bash", "a.b", false)]
    [InlineData("dotenv", "_a", true)]
    [InlineData("dotenv", "a-b", false)]
    [InlineData("properties", "a.b", true)]
    [InlineData("properties", "a b", false)]
    [InlineData("yaml", "any thing: é", true)]
    [InlineData("yaml", "a\\tb", false)]
    [InlineData("json", "any thing", true)]
    [InlineData("json", "a\\\\b", false)]
    [InlineData("json", "a\\\"b", false)]
    [InlineData("template", "a\\\\b", true)]
    public void Aliases_follow_the_rules_of_their_format(string format, string alias, bool isGood)
    {
        var failure = Record.Exception(() => Read($"path: a\nformat: {format}\ntemplate: {(format == "template" ? "x" : "''")}\nsecrets: {{\"{alias}\": x}}"));
        Assert.Equal(isGood, failure is null);
        Assert.True(isGood || failure is RunException);
    }

    [Fact]
    public void Alias_of_yaml_has_at_most_1024_characters()
    {
        Assert.NotNull(Read($"path: a\nsecrets:\n  ? {new string('a', 1024)}\n  : x"));
        Assert.Throws<RunException>(() => Read($"path: a\nsecrets:\n  ? {new string('a', 1025)}\n  : x"));
    }

    [Theory]
    [InlineData("dev", "A=1 B=2")]
    [InlineData("prod", "B=2")]
    public void Sections_of_a_file_share_common(string section, string expected) =>
        Assert.Equal(expected, Listed("path: a\nsecrets: {dev: {A: 1}, prod: {}, common: {B: 2}}", section));

    [Fact]
    public void Flat_secrets_of_a_file_ignore_the_section() => Assert.Equal("A=1", Listed("path: a\nsecrets: {A: 1}", "dev"));

    [Fact]
    public void Section_that_a_file_lacks_is_an_error() =>
        Assert.Throws<RunException>(() => Listed("path: a\nsecrets: {dev: {A: 1}}", "prod"));

    [Fact]
    public void Files_stand_next_to_sections_and_alone()
    {
        const string Files = "summon.files: [{path: a, secrets: {dev: {A: 1}}}]\n";
        var options = new ManifestOptions { Section = "dev" };
        Assert.Empty(SecretsManifest.Read(Files, options).Variables);
        var both = SecretsManifest.Read(Files + "dev: {X: 1}\n", options);
        Assert.Equal(("X", "A"), (Assert.Single(both.Variables).Name, Assert.Single(both.Files[0].Secrets).Name));
    }

    private static string Listed(string yaml, string section) => string.Join(
        ' ', Read(yaml, section).Secrets.Select(s => $"{s.Name}={s.Text}"));

    private static FileSpec Read(string yaml, string? section = null)
    {
        var indented = yaml.ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal);
        return Assert.Single(SecretsManifest.Read($"summon.files:\n  - {indented}\n", new ManifestOptions { Section = section }).Files);
    }
}
