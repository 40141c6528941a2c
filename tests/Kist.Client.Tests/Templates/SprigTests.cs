namespace Kist.Client.Tests.Templates;

public sealed class SprigTests
{
    public static TheoryData<string, string> Cases { get; } = new()
    {
        { "{{sprig_default \"d\" \"\"}} {{.none | sprig_default \"d\"}} {{\"x\" | sprig_default \"d\"}}", "d d x" },
        { "{{sprig_empty 0}} {{sprig_coalesce 0 \"\" 3}} {{sprig_ternary \"y\" \"n\" true}} {{false | sprig_ternary 1 2}}", "true 3 y 2" },
        { "{{sprig_trim \" a \"}}{{sprig_trimAll \"$\" \"$5$\"}}{{sprig_trimPrefix \"-\" \"-a\"}}{{sprig_trimSuffix \"-\" \"a-\"}}", "a5aa" },
        { "{{sprig_upper \"a\"}}{{sprig_lower \"B\"}} {{sprig_title \"a b\"}} {{sprig_untitle \"AB\"}} {{sprig_nospace \" a b \"}}", "Ab A B aB ab" },
        {
            "{{sprig_repeat 3 \"ab\"}} {{sprig_replace \" \" \"-\" \"a b\"}} {{sprig_trunc 2 \"abc\"}} {{sprig_trunc -2 \"abc\"}}" +
            " {{sprig_substr 1 3 \"abcd\"}}",
            "ababab a-b ab bc bc"
        },
        { "{{sprig_contains \"a\" \"cat\"}} {{sprig_hasPrefix \"c\" \"cat\"}} {{sprig_hasSuffix \"c\" \"cat\"}}", "true true false" },
        { "{{sprig_quote \"a\" 1 nil}} {{sprig_squote \"b\"}} {{sprig_cat \"a\" 2}}", "\"a\" \"1\" 'b' a 2" },
        { "{{sprig_indent 2 \"a\\nb\"}}|{{sprig_nindent 1 \"a\"}}", "  a\n  b|\n a" },
        {
            "{{sprig_b64enc \"hi\"}} {{sprig_b64dec \"aGk=\"}} {{sprig_sha256sum \"\"}}",
            "aGk= hi e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        },
        {
            "{{sprig_list 1 2 3 | sprig_first}} {{sprig_last (sprig_list 1 2)}} {{sprig_rest (sprig_list 1 2)}} {{sprig_initial (sprig_list 1 2)}}",
            "1 2 [2] [1]"
        },
        {
            "{{sprig_append (sprig_list 1) 2}} {{sprig_prepend (sprig_list 1) 0}} {{sprig_concat (sprig_list 1) (sprig_list 2)}}" +
            " {{sprig_reverse (sprig_list 1 2)}}",
            "[1 2] [0 1] [1 2] [2 1]"
        },
        {
            "{{sprig_uniq (sprig_list 1 1 2)}} {{sprig_without (sprig_list 1 2) 1}} {{sprig_has 2 (sprig_list 1 2)}}" +
            " {{sprig_compact (sprig_list 0 1 \"\")}} {{sprig_sortAlpha (sprig_list \"b\" \"a\")}}",
            "[1 2] [2] true [1] [a b]"
        },
        {
            "{{sprig_join \",\" (sprig_list \"a\" 2)}} {{sprig_splitList \",\" \"a,b\"}} {{(sprig_split \"$\" \"a$b\")._1}} {{sprig_until 3}}" +
            " {{sprig_untilStep 3 9 3}}",
            "a,2 [a b] b [0 1 2] [3 6]"
        },
        {
            "{{$d := sprig_dict \"a\" 1}}{{$_ := sprig_set $d \"b\" 2}}{{$d}} {{sprig_get $d \"b\"}} {{sprig_hasKey $d \"c\"}} {{sprig_keys $d}}" +
            " {{sprig_values $d}}",
            "map[a:1 b:2] 2 false [a b] [1 2]"
        },
        {
            "{{$d := sprig_dict \"a\" 1 \"b\" 2}}{{sprig_pick $d \"a\"}} {{sprig_omit $d \"a\"}} {{sprig_merge $d (sprig_dict \"a\" 9 \"c\" 3)}}" +
            " {{sprig_dig \"a\" \"x\" $d}} {{sprig_dig \"z\" \"x\" $d}}",
            "map[a:1] map[b:2] map[a:1 b:2 c:3] 1 x"
        },
        {
            "{{sprig_add 1 \"2\" 3}} {{sprig_add1 1}} {{sprig_sub 5 2}} {{sprig_mul 2 3}} {{sprig_div 7 2}} {{sprig_mod 7 2}}" +
            " {{sprig_max 1 3 2}} {{sprig_min 2 1}}",
            "6 2 3 6 3 1 3 1"
        },
        { "{{sprig_round 123.5555 3}} {{sprig_tuple 1 2}} {{sprig_toStrings (sprig_list 1 true)}}", "123.556 [1 2] [1 true]" },
        { "{{sprig_pluck \"a\" (sprig_dict \"a\" 1) (sprig_dict \"b\" 2)}} {{sprig_deepCopy (sprig_dict \"a\" 1)}}", "[1] map[a:1]" },
        { "{{sprig_int \"12\"}} {{sprig_float64 \"1.5\"}} {{sprig_atoi \"x\"}} {{sprig_ceil 1.2}} {{sprig_floor 1.8}}", "12 1.5 0 2 1" },
        {
            "{{sprig_toJson (sprig_list 1)}} {{(sprig_fromJson `{\"a\":1}`).a}} {{sprig_kindOf (sprig_dict)}} {{sprig_kindIs \"string\" \"\"}}" +
            " {{sprig_typeOf 1}} {{sprig_toString 5}}",
            "[1] 1 map true int 5"
        },
        { "{{sprig_regexMatch \"a+\" \"caa\"}} {{sprig_regexFind \"a+\" \"caa\"}} {{sprig_regexReplaceAll \"a(x)\" \"axb\" \"$1\"}}", "true aa xb" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sprig_functions_do_what_is_documented(string template, string expected) => Assert.Equal(expected, Rendering.Render(template));
}
