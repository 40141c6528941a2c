using System.Text.Json;
using YamlDotNet.Serialization;

namespace Kist.Client.Tests.Templates;

/// <summary>The functions that consul-template adds.</summary>
public sealed class FunctionTests
{
    public static TheoryData<string, string> Cases { get; } = new()
    {
        { "{{env \"CLUSTER\"}}|{{env \"NONE\"}}|{{env \"CLUSTER\" | toLower}}", "Blue||blue" },
        { "{{mustEnv \"CLUSTER\"}} {{envOrDefault \"EMPTY\" \"d\"}}|{{envOrDefault \"NONE\" \"d\"}}|{{or (env \"EMPTY\") \"5s\"}}", "Blue |d|5s" },
        { "{{file \"/etc/motd\" | trimSpace}}|{{file \"\"}}", "Welcome|" },
        {
            "{{base64Encode \"hello\"}} {{base64Decode \"aGVsbG8=\"}} {{base64URLEncode \"??>>\"}} {{base64URLDecode \"Pz8-Pg==\"}}",
            "aGVsbG8= hello Pz8-Pg== ??>>"
        },
        { "{{sha256Hex \"bladibla\"}}", "54cf4c66bcabb5c20e25331c01dd600b73369e97a947861bd8d3a0e0b8b3d70b" },
        { "{{\"myString\" | md5sum}}", "91c65b6feeb5a6ad66b30e2ebd9405e1" },
        { "{{hmacSHA256Hex \"somemessage\" \"somekey\"}}", "6116e95f2827172aa6ef8b22b883f6a77e966aefc129c6b8228ebd0aac74e98d" },
        { "{{toJSON (parseJSON `{\"b\":[1,2.5,\"<é>\"],\"a\":null,\"c\":{}}`)}}", "{\"a\":null,\"b\":[1,2.5,\"\\u003cé\\u003e\"],\"c\":{}}" },
        { "{{toJSONPretty (parseJSON `{\"b\":[1],\"a\":{},\"c\":[]}`)}}", "{\n  \"a\": {},\n  \"b\": [\n    1\n  ],\n  \"c\": []\n}" },
        { "{{toUnescapedJSON (parseJSON `{\"q\":\"a?b=c&d=e\"}`)}}", "{\"q\":\"a?b=c&d=e\"}" },
        { "{{toUnescapedJSONPretty (parseJSON `{\"q\":\"<\"}`)}}", "{\n  \"q\": \"<\"\n}" },
        { "{{toJSON (parseJSON `[1e21,1e20,1e-7,0.000001,-0,123456789]`)}}", "[1e+21,100000000000000000000,1e-7,0.000001,-0,123456789]" },
        {
            "{{with secret \"secret/app\"}}{{.Data | toJSON}}{{end}}",
            "{\"big\":12345678901234567890,\"deep\":{\"er\":{\"x\":\"y\"}}" +
            ",\"none\":null,\"on\":true,\"port\":5432,\"ratio\":0.5,\"tags\":[\"a\",\"b\"],\"zip\":\"zap\"}"
        },
        { "{{toJSON \"a\\tb\\u0001\\\"\\\\\\u2028\"}}", "\"a\\tb\\u0001\\\"\\\\\\u2028\"" },
        {
            "{{toYAML (parseJSON `{\"minconns\":\"2\",\"admin\":{\"port\":\"1234\"},\"n\":1,\"on\":\"yes\",\"l\":[\"x\",[\"y\"],{\"a\":1," +
            "\"b\":2}],\"e\":[],\"o\":{}}`)}}",
            "admin:\n  port: \"1234\"\ne: []\nl:\n- x\n- - \"y\"\n- a: 1\n  b: 2\nminconns: \"2\"\n\"n\": 1\no: {}\n\"on\": \"yes\""
        },
        {
            "{{toYAML (parseJSON `{\"a\":\"x: y\",\"b\":\"line1\\nline2\\n\",\"c\":\"# " +
            "no\",\"d\":\"it's\",\"e\":\"\",\"f\":null,\"g\":true,\"h\":1.5}`)}}",
            "a: 'x: y'\nb: |\n  line1\n  line2\nc: '# no'\nd: it's\ne: \"\"\nf: null\ng: true\nh: 1.5"
        },
        {
            "{{toTOML (parseJSON `{\"maxconns\":\"5\",\"minconns\":\"2\",\"admin\":{\"port\":\"1134\"}}`)}}",
            "maxconns = \"5\"\nminconns = \"2\"\n\n[admin]\n  port = \"1134\""
        },
        {
            "{{toTOML (parseYAML \"a: {b: {c: 1}}\\nl: [1, 2]\\nt: [{x: 1}, {x: 2}]\\nf: 1.0\\n\")}}",
            "f = 1.0\nl = [1, 2]\n\n[a]\n\n  [a.b]\n    c = 1\n\n[[t]]\n  x = 1\n\n[[t]]\n  x = 2"
        },
        { "{{(parseYAML \"a: 1\\nb: [x, true, 1.5, ~]\\n\").b}}", "[x true 1.5 <nil>]" },
        { "{{parseYAML \"\"}} {{parseJSON \"\"}} {{parseYAML \"yes\"}}", "map[] map[] true" },
        {
            "{{parseBool \"true\"}} {{parseBool \"\"}} {{parseInt \"-12\"}} {{parseInt \"\"}} {{parseUint \"12\"}} {{parseFloat \"1.20\"}}",
            "true false -12 0 12 1.2"
        },
        { "{{trimSpace \" a \"}}|{{trim \"!!\" \"hello!!\"}}|{{trimPrefix \"he\" \"hello\"}}|{{trimSuffix \"lo\" \"hello\"}}", "a|hello|llo|hel" },
        { "{{split \",\" \"a,b,c\"}} {{\"a,b\" | split \",\" | join \"-\"}} {{len (split \",\" \" \")}}", "[a b c] a-b 0" },
        { "{{range split \"\\n\" \"foo\\nbar\\n\"}}<{{.}}>{{end}}", "<foo><bar>" },
        { "{{(splitToMap \"\\n\" \":\" \"foo:bar\\nbaz:bat\\nx\\n\")}}|{{(splitToMap \",\" \":\" \"a:b\").none}}", "map[baz:bat foo:bar]|" },
        { "{{\"foo.bar\" | replaceAll \".\" \"_\"}} {{replaceAll \"\" \"-\" \"ab\"}}", "foo_bar -a-b-" },
        { "{{\"foo.bar\" | regexMatch \"foo([.a-z]+)\"}} {{regexMatch \"^b\" \"abc\"}}", "true false" },
        { "{{\"foo.bar\" | regexReplaceAll \"foo([.a-z]+)\" \"$1\"}}", ".bar" },
        { "{{regexReplaceAll \"(?P<n>a+)(b)\" \"${n}-$2$$\" \"aab\"}} {{regexReplaceAll \"a\" \"$1x\" \"a\"}}|", "aa-b$ |" },
        {
            "{{regexReplaceAll \"\\\\d+\" \"N\" \"a1 b22 ٣\"}} {{regexMatch \"^[[:alpha:]]+$\" \"ab\\n\"}}" +
            " {{regexMatch \"(?m)^b$\" \"a\\nb\\nc\"}}",
            "aN bN ٣ false true"
        },
        {
            "{{if parseJSON \"[\\\"a\\\"]\" | contains \"a\"}}x{{end}}{{in \"hello\" \"ell\"}} {{in (parseJSON \"[1,2]\") 2.0}}" +
            " {{contains 2 (parseJSON \"[2]\")}}",
            "xtrue true false"
        },
        {
            "{{$l := parseJSON `[\"a\",\"b\"]`}}{{containsAll (split \",\" \"a,b\") $l}} {{containsAny (split \",\" \"x,b\") $l}}" +
            " {{containsNone (split \",\" \"x\") $l}} {{containsNotAll (split \",\" \"a,x\") $l}}",
            "true true true true"
        },
        {
            "{{$e := parseJSON \"[]\"}}{{containsAll $e $e}} {{containsAny $e $e}} {{containsNone $e $e}} {{containsNotAll $e $e}}",
            "true false true false"
        },
        { "{{\"a\\n\\nb\\n\" | indent 2}}|{{indent 0 \"a\"}}", "  a\n\n  b\n|a" },
        { "{{toLower \"ÀB\"}} {{toUpper \"é\"}} {{toTitle \"hello wORLD's 1a\"}}", "àb É Hello WORLD's 1a" },
        { "{{add 1 2}} {{5 | subtract 2}} {{multiply 2 2}} {{10 | divide 2}} {{5 | modulo 2}} {{minimum 2 5}} {{maximum 2 5}}", "3 3 4 5 1 2 5" },
        { "{{add 1.5 2}} {{divide 2 7}} {{divide 2.0 7}} {{modulo 3 -7}} {{add (parseUint \"1\") (parseUint \"2\")}}", "3.5 3 3.5 -1 3" },
        {
            "{{with secret \"secret/app\"}}{{add .Data.port 1}} {{eq .Data.port 5432}} {{eq .Data.port \"5432\"}} {{lt .Data.port 6000}}" +
            " {{.Data.port | parseInt}}{{end}}",
            "5433 true true true 5432"
        },
        {
            "{{timestamp}} {{timestamp \"unix\"}} {{timestamp \"2006-01-02\"}} {{timestamp \"Mon Jan _2 3:04:05.000PM MST 06 -0700\"}}",
            "2026-03-05T07:08:09Z 1772694489 2026-03-05 Thu Mar  5 7:08:09.120AM UTC 26 +0000"
        },
        { "{{range loop \"1\" (env \"NUMBER\")}}{{.}}{{end}}", "12" },
        { "{{range $i := loop (parseInt \"2\")}}{{$i}}{{end}}", "01" },
        { "{{explode (parseJSON `[{\"Key\":\"a/b\",\"Value\":\"1\"},{\"Key\":\"c\",\"Value\":\"2\"}]`)}}", "map[a:map[b:1] c:2]" },
        {
            "{{scratch.MapSet \"e\" \"foo/bar\" \"a\"}}{{scratch.MapSet \"e\" \"qux\" \"c\"}}{{scratch.Get \"e\" | explodeMap}}",
            "map[foo:map[bar:a] qux:c]"
        },
        {
            "{{$b := parseJSON `{\"a\":{\"x\":1},\"k\":1}`}}{{parseJSON `{\"a\":{\"x\":9,\"y\":2},\"k\":2,\"n\":3}` | mergeMap $b}}" +
            " {{parseJSON `{\"a\":{\"x\":9},\"k\":2}` | mergeMapWithOverride $b}}{{$b}}",
            "map[a:map[x:1 y:2] k:1 n:3] map[a:map[x:9] k:2]map[a:map[x:1] k:1]"
        },
        {
            "{{scratch.Set \"a\" \"2\"}}{{scratch.SetX \"a\" \"3\"}}{{scratch.Key \"a\"}} {{scratch.Key \"b\"}} {{scratch.Get \"a\"}}" +
            " {{scratch.Get \"b\"}}",
            "true false 2 <no value>"
        },
        {
            "{{scratch.MapSet \"v\" \"b\" 1}}{{scratch.MapSet \"v\" \"a\" 2}}{{scratch.MapSetX \"v\" \"a\" 3}}{{scratch.MapValues \"v\"}}" +
            "{{scratch.MapValues \"w\"}}",
            "[2 1]<no value>"
        },
        {
            "{{define \"custom\"}}mine{{with .}} {{.}}{{end}}{{end}}{{executeTemplate \"custom\"}},{{executeTemplate \"custom\" 42}}" +
            ",{{$v := executeTemplate \"custom\"}}{{$v | toUpper}}",
            "mine,mine 42,MINE"
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Functions_do_what_consul_template_documents(string template, string expected) => Assert.Equal(expected, Rendering.Render(template));

    [Theory]
    [InlineData("""{"a":"1","b":["x: y","- z","#","",null,true,"true","012","1e3","2001-01-01","12:30","=","<<","~","|"]}""")]
    [InlineData("""{"t":"line\n  indented\n\nend\n","u":" lead\nx","v":"trail \nx","w":"a\tb","x":"\u0001\u00e9\ud83d\ude00","y":"a\n\n"}""")]
    [InlineData("""[[[]],[{"k":[{"l":{}}]}],"@at","%p","`","'","\"","? q",": c","x:","a #b","---","... x"]""")]
    public void What_is_written_as_YAML_reads_back(string json)
    {
        var yaml = Rendering.Render("{{file \"f\" | parseJSON | toYAML}}", data: new FakeTemplateData().File("f", json));
        var ours = Rendering.Render("{{file \"f\" | parseYAML | toJSON}}", data: new FakeTemplateData().File("f", yaml));
        Assert.Equal(Rendering.Render("{{file \"f\" | parseJSON | toJSON}}", data: new FakeTemplateData().File("f", json)), ours);
        var theirs = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml);
        Assert.Equal(Flat(FakeTemplateData.Json(json)), Flat(theirs));
    }

    private static string Flat(IEnumerable<string> pairs) => $"{{{string.Join(',', pairs.Order(StringComparer.Ordinal))}}}";

    private static string Flat(object? value) => value switch
    {
        IDictionary<object, object> map => Flat(map.Select(e => $"{e.Key}={Flat(e.Value)}")),
        IEnumerable<object> list => $"[{string.Join(',', list.Select(Flat))}]",
        string text => $"'{text}'",
        _ => $"{value}",
    };

    private static string Flat(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Flat(value.EnumerateObject().Select(e => $"{e.Name}={Flat(e.Value)}")),
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Flat))}]",
        JsonValueKind.String => $"'{value.GetString()}'",
        JsonValueKind.True or JsonValueKind.False => $"{value.GetBoolean()}",
        _ => value.ToString(),
    };
}
