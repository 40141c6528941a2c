using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Hcl;
using Kist.Wire.Yaml;

namespace Kist.Wire.Tests.Yaml;

public sealed class YamlReaderTests
{
    /// <summary>Scalars as Go's yaml.v2 resolves them.</summary>
    public static TheoryData<string, YamlScalarKind> Scalars => new()
    {
        { "text", YamlScalarKind.Text },
        { "'7'", YamlScalarKind.Text },
        { "\"true\"", YamlScalarKind.Text },
        { "!!str 7", YamlScalarKind.Text },
        { "! 7", YamlScalarKind.Text },
        { "1.2.3", YamlScalarKind.Text },
        { "0xg", YamlScalarKind.Text },
        { "2024-01-31", YamlScalarKind.Text },
        { "1:30", YamlScalarKind.Text },
        { "--", YamlScalarKind.Text },
        { "ye", YamlScalarKind.Text },
        { "7", YamlScalarKind.Number },
        { "-7", YamlScalarKind.Number },
        { "+1_000", YamlScalarKind.Number },
        { "0x1F", YamlScalarKind.Number },
        { "0b11", YamlScalarKind.Number },
        { "017", YamlScalarKind.Number },
        { "1.5e3", YamlScalarKind.Number },
        { ".5", YamlScalarKind.Number },
        { "1.", YamlScalarKind.Number },
        { ".inf", YamlScalarKind.Number },
        { "20240131", YamlScalarKind.Number },
        { "99999999999999999999", YamlScalarKind.Number },
        { "y", YamlScalarKind.Boolean },
        { "No", YamlScalarKind.Boolean },
        { "off", YamlScalarKind.Boolean },
        { "true", YamlScalarKind.Boolean },
        { "~", YamlScalarKind.Null },
        { "", YamlScalarKind.Null },
        { "NULL", YamlScalarKind.Null },
    };

    [Theory]
    [MemberData(nameof(Scalars))]
    public void Plain_scalar_has_the_type_of_yaml_1_1(string text, YamlScalarKind kind) =>
        Assert.Equal(kind, Assert.IsType<YamlScalar>(Map("k: " + text + "\n").Entries[0].Value).Kind);

    [Theory]
    [InlineData("{\"a\": [1, \"x\", null, true]}", "1:1 a@1:2 1:7 1:8 1:11 1:16 1:22")]
    [InlineData("\n{\n  \"é😀\":\n  2}", "2:1 é😀@3:3 4:3")]
    [InlineData("a:\n- 1\n- b: c\n", "1:1 a@1:1 2:1 2:3 3:3 b@3:3 3:6")]
    public void Every_value_knows_its_position(string text, string positions) =>
        Assert.Equal(positions, string.Join(' ', Positions(YamlReader.Read(text).Root!)));

    [Fact]
    public void Repeated_keys_are_kept_for_the_reader_to_judge()
    {
        Assert.Equal(["a", "a"], Map("a: 1\na: 2\n").Entries.Select(e => e.Key));
        Assert.Equal(["a", "a"], Map("{\"a\": 1, \"a\": 2}").Entries.Select(e => e.Key));
    }

    [Fact]
    public void Aliases_and_merge_keys_stand_for_what_they_name()
    {
        var map = Map("base: &b {x: 1, y: 2}\nall: {<<: *b, y: 3}\nlist: [*b]\n");
        var all = Assert.IsType<YamlMap>(map.Entries[1].Value);
        Assert.Equal([("y", "3"), ("x", "1")], all.Entries.Select(e => (e.Key, ((YamlScalar)e.Value).Text)));
        Assert.Same(map.Entries[0].Value, Assert.IsType<YamlList>(map.Entries[2].Value).Elements[0]);
    }

    [Fact]
    public void Second_document_is_reported_and_not_read()
    {
        var reading = YamlReader.Read("a: 1\n---\nb: [\n");
        Assert.Equal((new HclPosition(2, 1), 1), (reading.SecondDocument, ((YamlMap)reading.Root!).Entries.Count));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n\n")]
    public void Text_without_a_document_has_no_root(string text) => Assert.Equal(new YamlReading(null, null, null), YamlReader.Read(text));

    [Theory]
    [InlineData("a: [", 2)]
    [InlineData("a: *b\n", 1)]
    [InlineData("a: 1\n? [x]\n: 2\n", 1)]
    [InlineData("a: {<<: 7}\n", 1)]
    [InlineData("{a: 1}", 1)]
    [InlineData("{\"a\": 1}}", 1)]
    [InlineData("{\"a\": 1}\n{\"b\": 1}", 2)]
    [InlineData("{\"a\":\n\"\\ud800\"}", 2)]
    [InlineData("{\"a\": 1 // c\n}", 1)]
    public void Malformed_text_is_a_fault_with_a_line(string text, int line)
    {
        var reading = YamlReader.Read(text);
        Assert.Null(reading.Root);
        Assert.Equal(line, reading.Fault?.Position.Line);
    }

    [Fact]
    public void Scanner_that_loses_its_way_is_a_fault()
    {
        // The parser throws InvalidOperationException at these.
        Assert.NotNull(YamlReader.Read("a: [{b: c, secret\nd=}]\n").Fault);
        Assert.NotNull(YamlReader.Read("a: [{b: c, d: 5|\ne:\n").Fault);
    }

    [Fact]
    public void Aliases_that_expand_without_bound_are_refused()
    {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range('b', 12).Select(c =>
            $"{(char)c}: &{(char)c} [{string.Join(", ", Enumerable.Repeat("*" + (char)(c - 1), 10))}]\n"));
        Assert.NotNull(YamlReader.Read(text).Fault);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("- ")]
    [InlineData("{\"a\":")]
    [InlineData("\"")]
    [InlineData("a: ")]
    [InlineData("&a ")]
    [InlineData("a\n")]
    [InlineData("[1],")]
    public void Largest_repetition_of_a_fragment_ends(string fragment)
    {
        var text = string.Concat(Enumerable.Repeat(fragment, YamlReader.MaxLength / fragment.Length));
        Assert.NotNull(YamlReader.Read(text).Fault ?? YamlReader.Read("{\"k\": [" + text[..^10] + "1]}").Fault);
        Assert.NotNull(YamlReader.Read(text + text).Fault);
    }

    [Fact]
    public void Largest_json_in_one_line_has_positions()
    {
        var reading = YamlReader.Read("{\"k\": [" + string.Concat(Enumerable.Repeat("1,", 500_000)) + "1]}");
        Assert.Equal(1_000_008, ((YamlList)((YamlMap)reading.Root!).Entries[0].Value).Elements[^1].Position.Column);
    }

    [Fact]
    public void Values_do_not_print() => Assert.Equal("a string at line 1, column 4", Map("k: hunter2\n").Entries[0].Value.ToString());

    [Fact]
    public void Garbage_is_read_or_refused_with_a_position()
    {
        var fragments = Gen.Elements(
            "a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "\"", "'", "|", ">", "&a ", "*a", "!!str ",
            "---", "...", "#", "%", "? ", "<<: ", "\0", "\uFEFF", "\ud800", "\t", "é", "1");
        Prop.ForAll(Arb.From(fragments.ListOf().Select(string.Concat)), text =>
        {
            var reading = YamlReader.Read(text);
            return reading.Fault is null
                || (reading.Root is null && reading.Fault is { Reason.Length: > 0, Position: { Line: >= 1, Column: >= 1 } });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    private static YamlMap Map(string text) => Assert.IsType<YamlMap>(YamlReader.Read(text).Root);

    private static IEnumerable<string> Positions(YamlValue value)
    {
        yield return At(value.Position);
        var inner = value switch
        {
            YamlMap map => map.Entries.SelectMany(e => Positions(e.Value).Prepend($"{e.Key}@{At(e.Position)}")),
            YamlList list => list.Elements.SelectMany(Positions),
            _ => [],
        };
        foreach (var position in inner)
            yield return position;
    }

    private static string At(HclPosition position) => $"{position.Line}:{position.Column}";
}
