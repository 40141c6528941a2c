namespace Kist.Client.Tests.Templates;

/// <summary>How values are printed; what Go's fmt gives was taken from its documentation and tests.</summary>
public sealed class FormattingTests
{
    public static TheoryData<string, string> Printf { get; } = new()
    {
        { "\"%d|%5d|%-5d|%05d|%+d|% d\" 42 42 42 42 42 42", "42|   42|42   |00042|+42| 42" },
        { "\"%x|%X|%#x|%o|%#o|%O|%b|%#b\" 255 255 255 8 8 8 5 5", "ff|FF|0xff|10|010|0o10|101|0b101" },
        { "\"%c|%q|%U|%#v\" 9731 120 9731 7", "☃|'x'|U+2603|7" },
        { "\"%20.8d|%-#20.8x|%.0d|%06.0d\" 1234 19088060 0 0", "            00001234|0x012342bc          ||      " },
        { "\"%s|%5s|%-5s|%.2s|%05s\" \"abc\" \"abc\" \"abc\" \"abc\" \"abc\"", "abc|  abc|abc  |ab|00abc" },
        { "\"%q|%#q|%x|% X|%+q\" \"a\\n\" \"ab\" \"hi\" \"hi\" \"é\"", "\"a\\n\"|`ab`|6869|68 69|\"\\u00e9\"" },
        { "\"%v|%+v|%t|%5t\" true 1.5 false true", "true|+1.5|false| true" },
        {
            "\"%f|%.2f|%8.3f|%e|%.1e|%g|%G\" 3.14159 3.14159 3.14159 1234.5 1234.5 1e21 1e-7",
            "3.141590|3.14|   3.142|1.234500e+03|1.2e+03|1e+21|1E-07"
        },
        { "\"%.0f|%.0f|%.1f|%.2f|%.2f\" 2.5 3.5 0.25 0.125 0.375", "2|4|0.2|0.12|0.38" },
        { "\"%+07.2f|%-07.2f|%+.3e|% .3g|%08.2f\" 1.0 1.0 0.0 -1.0 -1.5", "+001.00|1.00   |+0.000e+00|-1|-0001.50" },
        { "\"%.3g|%.3g|%.10g|%.3g\" 100000.0 1234567.0 0.1 100.0", "1e+05|1.23e+06|0.1|100" },
        { "\"%T %T %T %T %T\" 1 \"a\" 1.5 true nil", "int string float64 bool <nil>" },
        { "\"%v %d\" (parseJSON `[1,\"a\",null,{\"k\":[2]}]`) (parseJSON `[1]`)", "[1 a <nil> map[k:[2]]] [%!d(float64=1)]" },
        { "\"%d%%\" 50", "50%" },
        { "\"%[2]d %[1]d\" 1 2", "2 1" },
        { "\"%*d|%-*d|%.*f\" 4 7 4 7 1 2.55", "   7|7   |2.5" },
        { "\"%d\" \"x\"", "%!d(string=x)" },
        { "\"%s %s\" \"a\"", "a %!s(MISSING)" },
        { "\"a\" 1 \"b\"", "a%!(EXTRA int=1, string=b)" },
        { "\"%s|%d|%v|%10v\" nil nil nil nil", "%!s(<nil>)|%!d(<nil>)|<nil>|     <nil>" },
        { "\"%!|%z\" 1 2", "%!!(int=1)|%!z(int=2)" },
        { "\"%\"", "%!(NOVERB)" },
        { "\"%[5]d\" 1", "%!d(BADINDEX)" },
    };

    public static TheoryData<string, string> Values { get; } = new()
    {
        { "{{print 1 2 \"a\" \"b\" 3 nil}}", "1 2ab3 <nil>" },
        { "{{println \"a\" 1}}", "a 1\n" },
        { "{{print nil}} {{print (parseJSON `[null]`)}}", "<nil> [<nil>]" },
        { "{{parseJSON `{\"b\":[1,2],\"a\":\"x\",\"B\":null}`}}", "map[B:<nil> a:x b:[1 2]]" },
        {
            "{{parseJSON \"1000000\"}} {{parseJSON \"123456789\"}} {{parseJSON \"999999\"}} {{parseJSON \"0.0001\"}} {{parseJSON \"0.00001\"}}",
            "1e+06 1.23456789e+08 999999 0.0001 1e-05"
        },
        { "{{parseJSON \"-0.5\"}} {{parseJSON \"1.10\"}} {{parseFloat \"3\"}}", "-0.5 1.1 3" },
        { "{{parseFloat \"1e300\"}} {{divide 3.0 1}}", "1e+300 0.3333333333333333" },
        {
            "{{with secret \"secret/app\"}}{{.Data.port}} {{.Data.big}} {{.Data.ratio}} {{.Data.on}} {{.Data.none}} {{.Data.tags}}{{end}}",
            "5432 12345678901234567890 0.5 true <no value> [a b]"
        },
        {
            "{{with secret \"secret/app\"}}{{printf \"%d|%07d|%.1f|%s|%v\" .Data.port .Data.port .Data.ratio .Data.port .Data.port}}{{end}}",
            "5432|0005432|0.5|5432|5432"
        },
        { "{{with secret \"secret/foo\"}}{{.}}{{end}}", "{r1 lease/1 3600 true map[name:Foo] [careful] <nil> <nil>}" },
    };

    [Theory]
    [MemberData(nameof(Printf))]
    public void Printf_formats_like_Go(string arguments, string expected) => Assert.Equal(expected, Rendering.Render($"{{{{printf {arguments}}}}}"));

    [Theory]
    [MemberData(nameof(Values))]
    public void Values_print_like_Go(string template, string expected) => Assert.Equal(expected, Rendering.Render(template));

    [Fact]
    public void Bytes_that_are_no_text_reach_the_output_as_they_are()
    {
        using var output = Rendering.Run("{{base64Decode \"/wD+gAo=\"}}{{\"\\xff\"}}é");
        Assert.Equal([0xff, 0x00, 0xfe, 0x80, 0x0a, 0xff, 0xc3, 0xa9], output.Text.Utf8.ToArray());
        Assert.Equal("/wD+gAo= 5", Rendering.Render("{{$b := base64Decode \"/wD+gAo=\"}}{{base64Encode $b}} {{len $b}}"));
    }
}
