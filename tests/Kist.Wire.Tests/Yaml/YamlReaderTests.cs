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
        { "1e45678", YamlScalarKind.Text },
        { "-0xFFFFFFFFFFFFFFFF", YamlScalarKind.Text },
        { ".5__0", YamlScalarKind.Text },
        { "._5", YamlScalarKind.Text },
        { ".5_", YamlScalarKind.Text },
        { "0x", YamlScalarKind.Text },
        { "+", YamlScalarKind.Text },
        { ".", YamlScalarKind.Text },
        { "1e", YamlScalarKind.Text },
        { "!mine 7", YamlScalarKind.Text },
        { "7", YamlScalarKind.Number },
        { "-7", YamlScalarKind.Number },
        { "+1_000", YamlScalarKind.Number },
        { "0x1F", YamlScalarKind.Number },
        { "0b11", YamlScalarKind.Number },
        { "017", YamlScalarKind.Number },
        { "1.5e3", YamlScalarKind.Number },
        { ".5", YamlScalarKind.Number },
        { ".5_0", YamlScalarKind.Number },
        { "1.", YamlScalarKind.Number },
        { ".inf", YamlScalarKind.Number },
        { "20240131", YamlScalarKind.Number },
        { "99999999999999999999", YamlScalarKind.Number },
        { new string('9', 70), YamlScalarKind.Number },
        { "0xFFFFFFFFFFFFFFFF", YamlScalarKind.Number },
        { "08", YamlScalarKind.Number },
        { "!!int '7'", YamlScalarKind.Number },
        { "!!float 7", YamlScalarKind.Number },
        { "!!bool 'on'", YamlScalarKind.Boolean },
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
    [InlineData("7", 7L)]
    [InlineData("-1_000", -1000L)]
    [InlineData("0x3e8", 1000L)]
    [InlineData("0b11", 3L)]
    [InlineData("017", 15L)]
    [InlineData("0o17", 15L)]
    [InlineData("1e3", 1000L)]
    [InlineData("-0.0", 0L)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("1.5", null)]
    [InlineData("1e21", null)]
    [InlineData(".inf", null)]
    [InlineData("'7'", null)]
    public void Number_has_the_integer_that_it_stands_for(string text, long? integer) =>
        Assert.Equal(integer, Assert.IsType<YamlScalar>(Map("k: " + text + "\n").Entries[0].Value).Integer);

    [Theory]
    [InlineData("7", 7L)]
    [InlineData("-0", 0L)]
    [InlineData("1e3", null)]
    [InlineData("7.0", null)]
    public void Number_of_json_is_an_integer_only_as_it_is_written(string text, long? integer) =>
        Assert.Equal(integer, Assert.IsType<YamlScalar>(Map($"{{\"k\": {text}}}").Entries[0].Value).Integer);

    [Theory]
    [InlineData("{\"a\": [1, \"x\", null, true]}", "1:1 a@1:2 1:7 1:8 1:11 1:16 1:22")]
    [InlineData("\n{\n  \"é😀\":\n  2}", "2:1 é😀@3:3 4:3")]
    [InlineData("a:\n- 1\n- b: c\n", "1:1 a@1:1 2:1 2:3 3:3 b@3:3 3:6")]
    public void Every_value_knows_its_position(string text, string positions) =>
        Assert.Equal(positions, string.Join(' ', Positions(YamlReader.Read(text).Root!)));

    [Fact]
    public void Mark_of_the_byte_order_is_passed_over() => Assert.Equal("a", Map("\uFEFFa: 1\n").Entries[0].Key);

    [Fact]
    public void Repeated_keys_are_kept_for_the_reader_to_judge()
    {
        Assert.Equal(["a", "a"], Map("a: 1\na: 2\n").Entries.Select(e => e.Key));
        Assert.Equal(["a", "a"], Map("{\"a\": 1, \"a\": 2}").Entries.Select(e => e.Key));
    }

    [Fact]
    public void Aliases_and_merge_keys_stand_for_what_they_name()
    {
        var map = Map("base: &b {x: 1, y: 2}\nall: {<<: *b, z: 3}\nlist: [*b]\n");
        var all = Assert.IsType<YamlMap>(map.Entries[1].Value);
        Assert.Equal([("x", "1"), ("y", "2"), ("z", "3")], all.Entries.Select(e => (e.Key, ((YamlScalar)e.Value).Text)));
        Assert.Equal(new HclPosition(2, 7), all.Entries[0].Position);
        Assert.Same(map.Entries[0].Value, Assert.IsType<YamlList>(map.Entries[2].Value).Elements[0]);
    }

    [Theory]
    [InlineData("{<<: *b, x: 3}", "x x")]
    [InlineData("{x: 3, <<: *b}", "x x")]
    [InlineData("{<<: *b, <<: *b}", "x x")]
    [InlineData("{<<: [*b, {x: 4}]}", "x x")]
    [InlineData("{! '<<': *b, x: 3}", "x x")]
    [InlineData("{'<<': *b}", "<<")]
    [InlineData("{\"<<\": 7}", "<<")]
    [InlineData("{!!str <<: 7}", "<<")]
    [InlineData("{*m : 7}", "<<")]
    public void Merged_keys_are_kept_as_often_as_they_come_and_quoted_ones_merge_nothing(string map, string keys)
    {
        var entries = Map("m: &m <<\nb: &b {x: 1}\nall: " + map + "\n").Entries;
        Assert.Equal(keys, string.Join(' ', Assert.IsType<YamlMap>(entries[2].Value).Entries.Select(e => e.Key)));
    }

    [Fact]
    public void Second_document_is_reported_and_not_read()
    {
        var reading = YamlReader.Read("a: 1\n---\nb: [\n");
        Assert.Equal((new HclPosition(2, 1), 1), (reading.SecondDocument, ((YamlMap)reading.Root!).Entries.Count));
    }

    [Theory]
    [InlineData("a: 1\n...\n@")]
    [InlineData("a: 1\n...\n%YAML 3.0\n---\n")]
    [InlineData("a: 1\n...\n]")]
    public void What_is_malformed_behind_the_first_document_is_reported_and_no_fault(string text)
    {
        var reading = YamlReader.Read(text);
        Assert.Single(Assert.IsType<YamlMap>(reading.Root).Entries);
        Assert.NotNull(reading.SecondDocument);
    }

    [Fact]
    public void Text_in_brackets_may_be_indented_as_little_as_the_block_around_it()
    {
        // Kubernetes' reader takes these, and the parser alone objects.
        var map = Map("a:\n- b: [\n  c, d\n  ]\n  e: {f:\ng,\n h: \"i\nj\"}\n");
        Assert.Equal(
            "1:1 a@1:1 2:1 2:3 b@2:3 2:6 3:3 3:6 e@5:3 5:6 f@5:7 6:1 h@7:2 7:5",
            string.Join(' ', Positions(map)));
        Assert.Equal(["c", "d", "g", "i j"], Texts(map));
    }

    [Fact]
    public void Bracket_that_fills_the_whole_text_with_such_lines_ends()
    {
        var reading = YamlReader.Read("a:\n- b: [\n" + string.Concat(Enumerable.Repeat("c,\n", 300_000)) + "]\n");
        Assert.NotNull(reading.Fault);
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
    [InlineData("%YAML 1.2\n---\na: 1\n", 1)]
    [InlineData("a: 1\nb: \u001b\n", 2)]
    [InlineData("a: 1\n# \u007f\n", 2)]
    [InlineData("a: 1\n---\n\u0080\n", 3)]
    [InlineData("a: \ufffe\n", 1)]
    [InlineData("a: !!binary Zm9v\n", 1)]
    [InlineData("~: 1\n", 1)]
    [InlineData("a: {b:, c: d}\n", 1)]
    [InlineData("a: {b: >c}\n", 1)]
    [InlineData("a: [:b]\n", 1)]
    [InlineData("a: [b?c]\n", 1)]
    [InlineData("a: {b: [c] d: e}\n", 1)]
    [InlineData("a: [{b: c} # ,\n {d: e}]\n", 2)]
    [InlineData("a: &a b\nc: {d: *a e: f}\n", 2)]
    [InlineData("a: !!int x\n", 1)]
    [InlineData("a: !!int 1.5\n", 1)]
    [InlineData("a: !!null x\n", 1)]
    [InlineData("a: &a {b: *a}\n", 1)]
    [InlineData("a: &a 1\nb: &a {c: *a}\n", 2)]
    [InlineData("a: &a [{b: 1}]\nc: {<<: *a}\n", 2)]
    public void Malformed_text_is_a_fault_with_a_line(string text, int line)
    {
        var reading = YamlReader.Read(text);
        Assert.Null(reading.Root);
        Assert.Equal(line, reading.Fault?.Position.Line);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_a_fault_and_a_whole_one_is_text()
    {
        Assert.Equal(new HclPosition(2, 4), YamlReader.Read("a: 😀\nb: \ud83d\n").Fault?.Position);
        Assert.Equal("😀", ((YamlScalar)Map("a: 😀\n").Entries[0].Value).Text);
    }

    [Fact]
    public void Scanner_that_loses_its_way_is_a_fault() => Assert.NotNull(YamlReader.Read("a: [{b: c, d: 5|\ne:\n").Fault);

    [Theory]
    [InlineData("a: !<> b")]
    [InlineData("a: !<x+y> b")]
    [InlineData("a: !!x+y b")]
    [InlineData("a: \"\\UFFFFFFFF\"")]
    public void Parsers_inner_exceptions_are_faults(string text) => Assert.Equal(1, YamlReader.Read(text).Fault?.Position.Line);

    [Fact]
    public void Aliases_that_expand_without_bound_are_refused()
    {
        var text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range('b', 12).Select(c =>
            $"{(char)c}: &{(char)c} [{string.Join(", ", Enumerable.Repeat("*" + (char)(c - 1), 10))}]\n"));
        Assert.NotNull(YamlReader.Read(text).Fault);
    }

    [Fact]
    public void Merge_keys_that_expand_without_bound_are_refused()
    {
        var fields = string.Join(", ", Enumerable.Range(0, 20_000).Select(i => $"k{i}: 1"));
        var merges = string.Concat(Enumerable.Repeat("<<: *a, ", 70_000));
        Assert.Equal(2, YamlReader.Read($"a: &a {{{fields}}}\nb: {{{merges}}}\n").Fault?.Position.Line);
    }

    [Fact]
    public void Long_text_that_is_named_without_bound_is_refused()
    {
        var text = $"a: &a {new string('x', 500_000)}\nb: [{string.Concat(Enumerable.Repeat("*a, ", 100_000))}]\n";
        Assert.Equal(2, YamlReader.Read(text).Fault?.Position.Line);
        Assert.Null(YamlReader.Read($"a: &a {new string('x', 500_000)}\nb: [*a, *a]\n").Fault);
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

    [Theory]
    [InlineData("[a, b, 'c', ]")]
    [InlineData("[a: b, {c: d}, [e], ? f : g, h: , i]")]
    [InlineData("{a, b: , c: [], ? d : e, f: {}, \"g\":h, }")]
    [InlineData("[a # x\n, b, # y, z\n c]")]
    public void Commas_are_found_wherever_they_stand(string flow) => Assert.Null(YamlReader.Read("k: " + flow + "\n").Fault);

    [Fact]
    public void Largest_json_in_one_line_has_positions()
    {
        var reading = YamlReader.Read("{\"k\": [" + string.Concat(Enumerable.Repeat("1,", 500_000)) + "1]}");
        Assert.Equal(1_000_008, ((YamlList)((YamlMap)reading.Root!).Entries[0].Value).Elements[^1].Position.Column);
    }

    [Fact]
    public void Values_and_keys_do_not_print()
    {
        var entry = Map("k: hunter2\n").Entries[0];
        Assert.Equal("an entry at line 1, column 1, a string at line 1, column 4", $"{entry}, {entry.Value}");
    }

    [Fact]
    public void Garbage_is_read_or_refused_with_a_position()
    {
        var fragments = Gen.Elements(
            "a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "\"", "'", "|", ">", "&a ", "*a", "!!str ",
            "---", "...", "#", "%", "? ", "<<: ", "\0", "\uFEFF", "\ud800", "\t", "é", "1", "!<", ">", "+", "\\U", "FFFFFFFF");
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

    private static IEnumerable<string> Texts(YamlValue value) => value switch
    {
        YamlMap map => map.Entries.SelectMany(e => Texts(e.Value)),
        YamlList list => list.Elements.SelectMany(Texts),
        _ => [((YamlScalar)value).Text],
    };

    private static string At(HclPosition position) => $"{position.Line}:{position.Column}";
}
