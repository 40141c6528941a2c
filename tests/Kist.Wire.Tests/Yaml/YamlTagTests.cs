using Kist.Wire.Yaml;

namespace Kist.Wire.Tests.Yaml;

/// <summary>Texts whose tags are their reader's own.</summary>
public sealed class YamlTagTests
{
    [Theory]
    [InlineData("A: !var:default='x y' a", "y' a", "!var:default='x")]
    [InlineData("A: !var:default='x' a", "a", "!var:default='x'")]
    [InlineData("{A: !var a/b}", "a/b", "!var")]
    [InlineData("A: !!int abc", "abc", "tag:yaml.org,2002:int")]
    [InlineData("A: !file |\n  x\n  y\n", "x\ny\n", "!file")]
    [InlineData("A: 010", "010", null)]
    [InlineData("A:", "", null)]
    public void Scalar_keeps_its_tag_and_its_text(string yaml, string text, string? tag)
    {
        var map = Assert.IsType<YamlMap>(YamlReader.ReadTagged(yaml).Root);
        var scalar = Assert.IsType<YamlScalar>(Assert.Single(map.Entries).Value);
        Assert.Equal((text, tag), (scalar.Text, scalar.Tag));
    }

    [Fact]
    public void Other_readers_keep_no_tag_and_refuse_what_they_refused()
    {
        var map = Assert.IsType<YamlMap>(YamlReader.Read("A: !var a").Root);
        Assert.Null(Assert.IsType<YamlScalar>(map.Entries[0].Value).Tag);
        Assert.NotNull(YamlReader.Read("A: !!int abc").Fault);
        Assert.NotNull(YamlReader.Read("{A: !var a}").Fault);
    }

    [Fact]
    public void Malformed_and_too_long_texts_are_refused()
    {
        Assert.NotNull(YamlReader.ReadTagged("A: [").Fault);
        Assert.NotNull(YamlReader.ReadTagged(new string('a', YamlReader.MaxLength + 1)).Fault);
    }
}
