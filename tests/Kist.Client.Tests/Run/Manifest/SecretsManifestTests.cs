using Kist.Client.Run;
using Kist.Client.Run.Manifest;

namespace Kist.Client.Tests.Run.Manifest;

/// <summary>Summon's format, case by case; the numbers are those of Summon's edge cases.</summary>
public sealed class SecretsManifestTests
{
    private const string Sections = """
        common: {A: from-common, B: from-common}
        default: {C: from-default}
        dev: {A: from-dev, EMPTY: }
        prod: {A: !var prod/a}
        """;

    // 1, 9, 10: tags, alone and together, in any order.
    [Theory]
    [InlineData("X: plain", "plain", false, false, null)]
    [InlineData("X: !var a/b", "a/b", true, false, null)]
    [InlineData("X: !file text", "text", false, true, null)]
    [InlineData("X: !var:file a/b", "a/b", true, true, null)]
    [InlineData("X: !file:var a/b", "a/b", true, true, null)]
    [InlineData("X: !str text", "text", false, false, null)]
    [InlineData("X: !int 010", "010", false, false, null)]
    [InlineData("X: !float 27.1111", "27.1111", false, false, null)]
    [InlineData("X: !bool true", "true", false, false, null)]
    [InlineData("X: !var:default='x' a", "a", true, false, "x")]
    [InlineData("X: !var:default='x':file a", "a", true, true, "x")]
    [InlineData("X: !default='x':var:file a", "a", true, true, "x")]
    [InlineData("X: !str:default='x'", "", false, false, "x")]
    [InlineData("X: !str:default='x' y", "y", false, false, "x")]
    [InlineData("X: !str:default='it's':file y", "y", false, true, "it's")]
    [InlineData("X: !str:default='a:b,c' y", "y", false, false, "a:b,c")]
    [InlineData("X: !str:default='' y", "y", false, false, "")]
    [InlineData("X: !str:default='var' y", "y", false, false, "var")]
    [InlineData("X: !!str 12", "12", false, false, null)]
    [InlineData("X: !!int abc", "abc", false, false, null)]
    [InlineData("X: !!null ''", "", false, false, null)]
    [InlineData("X: 27.1111", "27.1111", false, false, null)]
    [InlineData("X: true", "true", false, false, null)]
    [InlineData("X: 010", "010", false, false, null)]
    [InlineData("X: 2001-01-01", "2001-01-01", false, false, null)]
    [InlineData("X:", "", false, false, null)]
    [InlineData("X: ''", "", false, false, null)]
    [InlineData("X: \"a\\nb\"", "a\nb", false, false, null)]
    [InlineData("{X: !var a/b}", "a/b", true, false, null)]
    public void Tag_says_what_a_value_is(string yaml, string text, bool isVariable, bool isFile, string? standIn)
    {
        foreach (var likeSummon in (bool[])[false, true])
        {
            var spec = Assert.Single(Read(yaml, new ManifestOptions { LikeSummon = likeSummon }).Variables);
            Assert.Equal(("X", text, new SecretTag(isVariable, isFile, standIn)), (spec.Name, spec.Text, spec.Tag));
        }
    }

    [Theory]
    [InlineData("X: !variable a", true)]
    [InlineData("X: !nothing a", false)]
    [InlineData("X: !vra a", false)]
    [InlineData("X: !var:flie a", true)]
    public void Unknown_word_in_a_tag_is_an_error_but_for_Summon(string yaml, bool isVariable)
    {
        Assert.Equal(isVariable, Assert.Single(Read(yaml, new ManifestOptions { LikeSummon = true }).Variables).Tag.IsVariable);
        Assert.StartsWith("X has an unknown word \"", Fails(yaml, new ManifestOptions()), StringComparison.Ordinal);
    }

    [Fact]
    public void Slip_in_a_tag_is_told_with_what_was_meant()
    {
        Assert.Equal("X has an unknown word \"flie\" in its tag (did you mean \"file\"?)", Fails("X: !var:flie a", new ManifestOptions()));
        Assert.Contains("default='…'", Fails("X: !var:default=secret a", new ManifestOptions()));
        Assert.DoesNotContain("secret", Fails("X: !var:default=secret a", new ManifestOptions()));
    }

    [Fact]
    public void Certificate_in_the_file_keeps_its_lines()
    {
        const string Yaml = "CERT: !file |\n  -----BEGIN CERTIFICATE-----\n  AAAA\n  -----END CERTIFICATE-----\nNEXT: x\n";
        var spec = Read(Yaml, new ManifestOptions()).Variables[0];
        Assert.Equal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", spec.Text);
        Assert.True(spec.Tag.IsFile);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    public void Empty_file_is_fine(string yaml) => Assert.Empty(Read(yaml, new ManifestOptions()).Variables);

    [Theory]
    [InlineData("- a")]
    [InlineData("a")]
    [InlineData("!var a")]
    public void Other_root_is_refused(string yaml) => Assert.Equal("invalid YAML structure: expected mapping", Fails(yaml, new ManifestOptions()));

    // 2, 4
    [Theory]
    [InlineData("dev", "A=from-dev EMPTY= B=from-common")]
    [InlineData("prod", "A=prod/a B=from-common")]
    [InlineData("common", "A=from-common B=from-common")]
    public void Section_gets_what_it_lacks_from_common(string section, string expected) => Assert.Equal(expected, Listed(Sections, section));

    [Fact]
    public void Default_counts_only_without_common()
    {
        Assert.Equal("A=1 B=2", Listed("default: {B: 2, A: 0}\ndev: {A: 1}", "dev"));
        Assert.Equal("A=1 C=3", Listed("default: {B: 2}\ncommon: {C: 3}\ndev: {A: 1}", "dev"));
        Assert.Equal("A=1", Listed("common:\ndefault: {B: 2}\ndev: {A: 1}", "dev"));
    }

    // 3
    [Theory]
    [InlineData(Sections, "nothing")]
    [InlineData("A: 1", "A")]
    [InlineData("A: 1", "dev")]
    [InlineData("dev: {A: 1}\nB: 2", "dev")]
    [InlineData("dev: [a]", "dev")]
    public void Section_must_be_there_among_sections(string yaml, string section) =>
        Assert.Equal($"No such environment '{section}' found in secrets file", Fails(yaml, new ManifestOptions { Section = section }));

    [Fact]
    public void Sections_without_a_choice_are_an_error_but_for_Summon()
    {
        Assert.Equal(
            "the file has sections (common, default, dev, prod): choose one with -e, as in -e common", Fails(Sections, new ManifestOptions()));
        Assert.All(Read(Sections, new ManifestOptions { LikeSummon = true }).Variables, v => Assert.Equal("", v.Text));
    }

    // 5, 6, 8
    [Theory]
    [InlineData("X: $$ $$ $$", "$ $ $")]
    [InlineData("X: $DEFINE", "foo=bar")]
    [InlineData("X: $a-b", "1-b")]
    [InlineData("X: $$a", "$a")]
    [InlineData("X: $$$a", "$1")]
    [InlineData("X: a$", "a$")]
    [InlineData("X: ${a}", "${a}")]
    [InlineData("X: $a$a", "11")]
    [InlineData("X: !var $a/$b", "1/3")]
    [InlineData("X: !var:default='$a' x", "x")]
    public void Variables_of_the_file_stand_for_their_values(string yaml, string text)
    {
        var substitutions = new Substitutions(["DEFINE=foo=bar", "a=1", "b=2", "b=3"]);
        Assert.Equal(text, Assert.Single(Read(yaml, new ManifestOptions { Substitutions = substitutions }).Variables).Text);
    }

    [Fact]
    public void Names_and_defaults_are_not_substituted()
    {
        var spec = Assert.Single(Read("WHAT_IS_$ENV: !str:default='$b' ''", new ManifestOptions()).Variables);
        Assert.Equal(("WHAT_IS_$ENV", "$b"), (spec.Name, spec.Tag.Default));
    }

    // 7
    [Theory]
    [InlineData("X: $nothing", null)]
    [InlineData("dev: {X: 1}\ncommon: {Y: $nothing}", "dev")]
    [InlineData("dev: {X: 1}\ncommon: {X: $nothing}", "dev")]
    public void Undeclared_variable_is_an_error(string yaml, string? section) =>
        Assert.StartsWith("variable nothing not declared", Fails(yaml, new ManifestOptions { Section = section }), StringComparison.Ordinal);

    [Fact]
    public void Definition_without_equals_sign_is_an_error() => Assert.Equal(
        "invalid substitution format: \"x\" (expected key=value)", Assert.Throws<RunException>(() => new Substitutions(["x"])).Message);

    [Theory]
    [InlineData("X: [a]", "line 1, column 1: X must be a text, not a list")]
    [InlineData("X: 1\nX: 2", "line 2, column 1: the same name as on another line")]
    [InlineData("X: \"\u0001\"", "line 1, column 5: control characters are not allowed")]
    [InlineData("X: a: b", "line 1, column 5: this is not valid YAML")]
    public void Fault_is_told_with_its_place_and_without_a_value(string yaml, string message) =>
        Assert.Equal(message, Fails(yaml, new ManifestOptions()));

    [Fact]
    public void Printed_spec_shows_no_value() =>
        Assert.DoesNotContain("s3cret", Read("X: s3cret", new ManifestOptions()).Variables[0].ToString());

    private static string Listed(string yaml, string section) =>
        string.Join(' ', Read(yaml, new ManifestOptions { Section = section }).Variables.Select(v => $"{v.Name}={v.Text}"));

    private static SecretsManifest Read(string yaml, ManifestOptions options) => SecretsManifest.Read(yaml, options);

    private static string Fails(string yaml, ManifestOptions options)
    {
        var failure = Assert.Throws<RunException>(() => Read(yaml, options));
        Assert.Equal(RunFault.Usage, failure.Fault);
        return failure.Message;
    }
}
