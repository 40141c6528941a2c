using Kist.Client.Templates;

namespace Kist.Client.Tests.Templates;

/// <summary>The language itself; what Go's text/template gives was taken from its documentation and tests.</summary>
public sealed class SyntaxTests
{
    public static TheoryData<string, string> Cases { get; } = new()
    {
        { "", "" },
        { "plain text\nwith } and { and {", "plain text\nwith } and { and {" },
        { "{{\"a\"}}{{`b\\n`}}{{'c'}}", "ab\\n99" },
        { "{{\"\\x41\\u00e9\\n\\\"\\101\"}}", "Aé\n\"A" },
        { "{{1}} {{-2}} {{0x1F}} {{0b101}} {{0o17}} {{017}} {{1_000}} {{1.5}} {{1e3}} {{.5}}", "1 -2 31 5 15 15 1000 1.5 1000 0.5" },
        { "{{true}} {{false}}", "true false" },
        { "a {{- 1 -}} b", "a1b" },
        { "a\n  {{- /* gone */ -}}\n b{{/* here */}}c", "abc" },
        { "{{ 1 }}\n{{- 2 }}", "12" },
        { "{{-3}} {{- 3}}", "-33" },
        { "{{\n  \"x\"\n  |\n  printf \"%s!\"\n}}", "x!" },
        { "{{if true}}y{{end}}{{if false}}n{{end}}", "y" },
        { "{{if 0}}a{{else if \"\"}}b{{else if 1}}c{{else}}d{{end}}", "c" },
        { "{{if not nil}}y{{else}}n{{end}}", "y" },
        { "{{with \"v\"}}[{{.}}]{{end}}{{with \"\"}}a{{else}}b{{end}}", "[v]b" },
        { "{{with \"\"}}a{{else with \"w\"}}{{.}}{{else}}c{{end}}", "w" },
        { "{{with $x := 3}}{{$x}}{{.}}{{end}}", "33" },
        { "{{if $x := 2}}{{$x}}{{else}}{{$x}}{{end}}", "2" },
        { "{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}", "32" },
        { "{{$x := 1 -}} {{$x | printf \"%d-%d\" 7}}", "7-1" },
        { "{{$}}{{with 1}}{{$}}{{end}}", "<no value><no value>" },
        { "{{range $i, $e := parseJSON \"[5,6]\"}}{{$i}}={{$e}} {{end}}", "0=5 1=6 " },
        { "{{range $e := parseJSON \"[5,6]\"}}{{$e}}{{.}} {{end}}", "55 66 " },
        { "{{range $k, $v := parseJSON `{\"b\":1,\"a\":2}`}}{{$k}}{{$v}} {{end}}", "a2 b1 " },
        { "{{range parseJSON \"[]\"}}a{{else}}none{{end}}", "none" },
        { "{{range $i, $e := parseJSON \"[]\"}}a{{else}}{{$e}}{{end}}", "[]" },
        { "{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}", "01201" },
        { "{{range loop 3}}{{.}}{{end}} {{range $i := loop 5 8}}{{$i}}{{end}}", "012 567" },
        { "{{range loop 9}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 5}}{{break}}{{end}}{{.}}{{end}}", "0134" },
        { "{{range loop 2}}{{range loop 3}}{{if .}}{{break}}{{end}}x{{end}}y{{end}}", "xyxy" },
        { "{{$i := 0}}{{range $i = loop 3}}{{end}}{{$i}}", "2" },
        { "{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" 5}}{{template \"t\"}}", "<5><<no value>>" },
        { "{{template \"later\" \"x\"}}{{define \"later\"}}{{.}}{{end}}", "x" },
        { "{{block \"b\" 7}}[{{.}}]{{end}}", "[7]" },
        { "{{define \"r\"}}{{if gt . 0}}{{.}}{{template \"r\" (subtract 1 .)}}{{end}}{{end}}{{template \"r\" 3}}", "321" },
        { "{{define \"t\"}}{{$x := 2}}{{$x}}{{end}}{{$x := 1}}{{template \"t\"}}{{$x}}", "21" },
        { "{{define \"t\"}}full{{end}}{{define \"t\"}} {{end}}{{template \"t\"}}", "full" },
        { "{{(parseJSON `{\"a\":{\"b\":4}}`).a.b}}", "4" },
        { "{{$m := parseJSON `{\"a\":{\"b\":4}}`}}{{$m.a.b}}{{with $m}}{{.a.b}}{{end}}", "44" },
        { "{{printf \"%d%d\" (1) (add 1 (add 1 1))}}", "13" },
        { "{{\"a\" | printf \"%s%s\" \"b\" | printf \"%s%s\" \"c\"}}", "cba" },
        { "{{.a}}{{.a.b}}{{$.a}}", "<no value><no value><no value>" },
        { "{{(parseJSON `{}`).none}}", "<no value>" },
        { "{{and 1 0 2}} {{and 1 2}} {{or 0 \"\" \"x\" 1}} {{or 0 \"\"}}|", "0 2 x |" },
        { "{{or 1 (index nil 1)}}{{and 0 (index nil 1)}}", "10" },
        { "{{not 0}} {{not \"a\"}}", "true false" },
        { "{{eq 1 1}} {{eq 1 2 3 1}} {{eq \"a\" \"b\"}} {{ne 1 2}} {{eq nil nil}} {{eq \"\" nil}}", "true true false true true false" },
        { "{{lt 1 2}} {{le 2 2}} {{gt \"b\" \"a\"}} {{ge 1.5 2.5}} {{lt 1.5 2.5}}", "true true true false true" },
        { "{{eq (parseUint \"7\") 7}} {{lt -1 (parseUint \"0\")}}", "true true" },
        { "{{len \"héllo\"}} {{len (parseJSON \"[1,2]\")}} {{len (parseJSON `{\"a\":1}`)}}", "6 2 1" },
        { "{{index (parseJSON `{\"a\":[1,{\"b\":\"c\"}]}`) \"a\" 1 \"b\"}}", "c" },
        { "{{index \"abc\" 1}} {{index (parseJSON `{}`) \"x\"}}", "98 <no value>" },
        { "{{slice \"abcdef\" 1 3}} {{slice \"abc\" 1}} {{slice (parseJSON \"[1,2,3]\") 1 2}} {{slice \"ab\"}}", "bc bc [2] ab" },
        { "{{html `<a href=\"x\">'&'</a>`}}", "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;" },
        { "{{js `It'd \"<x>\"=&`}}", "It\\'d \\\"\\u003Cx\\u003E\\\"\\u003D\\u0026" },
        { "{{urlquery \"http://a.b/c d?é~\"}}", "http%3A%2F%2Fa.b%2Fc+d%3F%C3%A9~" },
        { "\uFEFFa", "a" },
        { "a\r\n{{- 1 -}}\r\nb", "a1b" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_template_gives_what_Go_gives(string template, string expected) => Assert.Equal(expected, Rendering.Render(template));

    [Theory]
    [InlineData("<<", ">>", "<< 1 >>{{ 2 }}<<- 3 ->> x", "1{{ 2 }}3x")]
    [InlineData("[[", "]]", "[[ index (parseJSON `[7]`) 0 ]]", "7")]
    [InlineData("<%", "%>", "<%/* c */%><% \"%\" %>", "%")]
    [InlineData("{{{", "}}}", "{{{ \"a\" }}}{{ b }}", "a{{ b }}")]
    public void Delimiters_can_be_others(string left, string right, string template, string expected) =>
        Assert.Equal(expected, Rendering.Render(template, new TemplateOptions { LeftDelimiter = left, RightDelimiter = right }));

    [Fact]
    public void A_template_can_be_rendered_again_and_again()
    {
        const string template = "{{scratch.MapSet \"m\" \"k\" 1}}{{len (scratch.Get \"m\")}}";
        Assert.Equal("1", Rendering.Render(template));
        Assert.Equal("1", Rendering.Render(template));
    }

    [Fact]
    public void A_loop_that_changes_the_map_it_walks_over_ends()
    {
        const string template = "{{scratch.MapSet \"m\" \"a\" 1}}{{range $k, $v := scratch.Get \"m\"}}{{scratch.MapSet \"m\" (print $k \"x\") 1}}"
            + "{{end}}{{len (scratch.Get \"m\")}}";
        Assert.Equal("2", Rendering.Render(template));
    }
}
