using Kist.Client.Templates;

namespace Kist.Client.Tests.Templates;

/// <summary>Every error says where, and none repeats what a secret may be.</summary>
public sealed class TemplateErrorTests
{
    [Theory]
    [InlineData("a\n{{ foo }}", "line 2, column 4: unknown function \"foo\"")]
    [InlineData("{{ toLowr \"x\" }}", "line 1, column 4: unknown function \"toLowr\" (did you mean \"toLower\"?)")]
    [InlineData("\n\n  {{ if secrt \"a\" }}{{ end }}", "line 3, column 9: unknown function \"secrt\" (did you mean \"secret\"?)")]
    [InlineData("{{ \"a\" | key }}", "line 1, column 10: \"key\" needs Consul, which Kist has not")]
    [InlineData("{{ range service \"web\" }}{{ end }}", "line 1, column 10: \"service\" needs Consul, which Kist has not")]
    [InlineData("{{ safeLs \"a\" }}", "line 1, column 4: \"safeLs\" needs Consul, which Kist has not")]
    [InlineData("{{ nomadVar \"a\" }}", "line 1, column 4: \"nomadVar\" needs Nomad, which Kist has not")]
    [InlineData("{{ plugin \"a\" }}", "line 1, column 4: \"plugin\" would run a program, which templates of Kist must not")]
    [InlineData("{{ sockaddr \"GetPrivateIP\" }}", "line 1, column 4: \"sockaddr\" is not supported; pass the address in an environment variable")]
    [InlineData("x {{ if 1 }}", "line 1, column 6: the \"if\" that starts here has no \"end\"")]
    [InlineData("{{ if 1 }}{{ range loop 2 }}{{ end }}", "line 1, column 4: the \"if\" that starts here has no \"end\"")]
    [InlineData("{{ end }}", "line 1, column 4: \"end\" closes nothing")]
    [InlineData("{{ else }}", "line 1, column 4: \"else\" belongs to nothing")]
    [InlineData("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "line 1, column 21: a second \"else\", or one with a condition behind it")]
    [InlineData("{{ with 1 }}{{ else if 2 }}{{ end }}", "line 1, column 21: unexpected a word in else")]
    [InlineData("{{ break }}", "line 1, column 4: \"break\" stands outside of a range")]
    [InlineData("{{ range loop 1 }}{{ define \"x\" }}{{ end }}{{ end }}", "line 1, column 22: \"define\" must not stand inside of another action")]
    [InlineData("{{ template \"x\" }}", "line 1, column 1: template \"x\" is not defined")]
    [InlineData("{{ template x }}", "line 1, column 13: a name in quotes must follow \"template\"")]
    [InlineData(
        "{{ define \"a\" }}x{{ end }}{{ define \"a\" }}y{{ end }}",
        "line 1, column 30: template \"a\" is defined twice, first in line 1, column 4")]
    [InlineData("{{ $x }}", "line 1, column 4: undefined variable \"$x\"")]
    [InlineData("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "line 1, column 39: undefined variable \"$x\"")]
    [InlineData("{{ $user := 1 }}{{ $usr = 2 }}", "line 1, column 20: undefined variable \"$usr\" (did you mean \"$user\"?)")]
    [InlineData("{{ }}", "line 1, column 4: a value is missing in an action")]
    [InlineData("{{ 1 | }}", "line 1, column 6: a command is missing behind \"|\" in an action")]
    [InlineData("{{ | 1 }}", "line 1, column 4: unexpected \"|\" in an action")]
    [InlineData("{{ 1 | 2 }}", "line 1, column 8: only a function can stand behind \"|\"")]
    [InlineData("{{ 1 2 }}", "line 1, column 6: only a function can have arguments")]
    [InlineData("{{ nil }}", "line 1, column 4: nil is no command")]
    [InlineData("{{ \"a\"\"b\" }}", "line 1, column 7: unexpected a string in an action")]
    [InlineData("{{ \"a }}", "line 1, column 4: the string that starts here is not closed on its line")]
    [InlineData("{{ `a }}", "line 1, column 4: the string that starts here is not closed by another \"`\"")]
    [InlineData("{{ \"\\z\" }}", "line 1, column 4: malformed escape in a string")]
    [InlineData("{{ 'ab' }}", "line 1, column 4: malformed character: one must stand between the quotes")]
    [InlineData("{{ 99999999999999999999 }}", "line 1, column 4: malformed number, or one beyond 64 bits")]
    [InlineData("{{ 089 }}", "line 1, column 4: malformed number, or one beyond 64 bits")]
    [InlineData("{{ 1i }}", "line 1, column 4: malformed number, or one beyond 64 bits")]
    [InlineData("{{ (1 }}", "line 1, column 7: a parenthesis is not closed before the action ends")]
    [InlineData("{{ 1) }}", "line 1, column 5: unexpected \")\"")]
    [InlineData("{{ a# }}", "line 1, column 5: unexpected character \"#\" in a name")]
    [InlineData("{{ % }}", "line 1, column 4: unexpected character \"%\"")]
    [InlineData("a\n{{ 1", "line 2, column 1: the action that starts here is not closed")]
    [InlineData("{{/* a ", "line 1, column 3: the comment that starts here is not closed by \"*/\"")]
    [InlineData("{{/* a */ b}}", "line 1, column 10: behind a comment, the action must end at once")]
    [InlineData("{{ toLower }}", "line 1, column 4: toLower takes 1 argument, found 0")]
    [InlineData("{{ \"a\" | join \",\" \"b\" }}", "line 1, column 10: join takes 2 arguments, found 3")]
    [InlineData("{{ printf }}", "line 1, column 4: printf takes at least 1 argument, found 0")]
    [InlineData("{{ printf \"%s\" toLower }}", "line 1, column 16: toLower takes 1 argument, found 0")]
    public void A_malformed_template_says_where(string template, string message) =>
        Assert.Equal(message, Assert.Throws<TemplateException>(() => Template.Parse(template)).Message);

    [Theory]
    [InlineData("a\n {{ toLower 1 }}", "line 2, column 5: toLower: argument 1 must be a string, found a whole number")]
    [InlineData("{{ .x | toUpper }}", "line 1, column 9: toUpper: argument 1 must be a string, found nil")]
    [InlineData("{{ index (parseJSON \"[1]\") 5 }}", "line 1, column 4: index: the index is out of range, which is from 0 to below 1")]
    [InlineData("{{ index nil 1 }}", "line 1, column 4: index: nil has nothing to index")]
    [InlineData("{{ lt 1 \"a\" }}", "line 1, column 4: lt: a whole number and a string cannot be compared")]
    [InlineData("{{ eq 1 1.0 }}", "line 1, column 4: eq: a whole number and a float cannot be compared")]
    [InlineData("{{ range \"abc\" }}{{ end }}", "line 1, column 10: range cannot walk over a string")]
    [InlineData("{{ range $i, $e := 3 }}{{ end }}", "line 1, column 10: over a number, range declares one variable")]
    [InlineData("{{ (parseJSON `{\"a\":null}`).a.b }}", "line 1, column 30: nil has no field \"b\"")]
    [InlineData("{{ (parseJSON `{\"a\":1}`).a.b }}", "line 1, column 27: a float has no field \"b\"")]
    [InlineData("{{ (parseJSON `{\"a\":1}`).a 2 }}", "line 1, column 25: \"a\" is a field, which takes no arguments")]
    [InlineData(
        "{{ with secret \"secret/foo\" }}{{ .data.name }}{{ end }}",
        "line 1, column 34: a secret has no field \"data\"; it has RequestID, LeaseID, LeaseDuration, Renewable, Data, Warnings, Auth, WrapInfo")]
    [InlineData("{{ divide 0 1 }}", "line 1, column 4: divide: division by zero")]
    [InlineData("{{ call 1 }}", "line 1, column 4: call: argument 1 must be a function, found a whole number")]
    [InlineData("{{ executeTemplate \"none\" }}", "line 1, column 4: executeTemplate: there is no template \"none\"")]
    [InlineData(
        "{{ scratch.Foo 1 }}",
        "line 1, column 11: scratch.Foo: the scratchpad has no \"Foo\"; it has Key, Get, Set, SetX, MapSet, MapSetX and MapValues")]
    [InlineData("{{ scratch.Set \"a\" }}", "line 1, column 11: scratch.Set: this takes 2 arguments, found 1")]
    [InlineData("{{ scratch }}", "line 1, column 4: the scratchpad cannot be printed")]
    [InlineData("{{ mustEnv \"NONE\" }}", "line 1, column 4: mustEnv: the environment variable \"NONE\" is not set or empty")]
    [InlineData("{{ secret \"\" }}", "line 1, column 4: secret: the path is empty")]
    [InlineData("{{ secret \"a\" \"b\" }}", "line 1, column 4: secret: argument 2 must have the form key=value")]
    [InlineData("{{ sprig_fail \"x\" }}", "line 1, column 4: sprig_fail: the template says that it cannot be rendered")]
    [InlineData("{{ base64Decode \"a\" }}", "line 1, column 4: base64Decode: the text is not valid Base64")]
    [InlineData("{{ indent -1 \"a\" }}", "line 1, column 4: indent: argument 1 must be a whole number from 0 to 100000")]
    [InlineData("{{ regexMatch \"(\" \"a\" }}", "line 1, column 4: regexMatch: the regular expression is malformed or uses what Go's do not have")]
    [InlineData(
        "{{ regexMatch \"(a)\\\\1\" \"a\" }}",
        "line 1, column 4: regexMatch: the regular expression is malformed or uses what Go's do not have")]
    [InlineData(
        "{{ \"x\" | writeToFile \"/f\" \"\" \"\" \"0999\" }}",
        "line 1, column 10: writeToFile: argument 4 must be permissions in octal, such as 0600")]
    public void A_template_that_fails_says_where(string template, string message) => Assert.Equal(message, Rendering.Fails(template).Message);

    [Fact]
    public void A_missing_key_is_an_error_if_asked_for()
    {
        var strict = new TemplateOptions { ErrorOnMissingKey = true };
        var fault = Rendering.Fails("{{ with secret \"secret/foo\" }}\n{{ .Data.name }}{{ .Data.nme }}{{ end }}", strict);
        Assert.Equal("line 2, column 25: the map has no key \"nme\"", fault.Message);
        Assert.Equal((2, 25), (fault.Position.Line, fault.Position.Column));
        Assert.Equal("line 1, column 4: nil has no field \"Data\"", Rendering.Fails("{{ .Data.Foo }}", strict).Message);
        Assert.Equal("<no value>", Rendering.Render("{{ index (parseJSON `{}`) \"x\" }}", strict));
    }

    [Theory]
    [InlineData("{{ parseInt . }}")]
    [InlineData("{{ parseFloat . }}")]
    [InlineData("{{ parseUint . }}")]
    [InlineData("{{ parseBool . }}")]
    [InlineData("{{ parseJSON . }}")]
    [InlineData("{{ parseYAML (print \"a: [\" .) }}")]
    [InlineData("{{ base64Decode . }}")]
    [InlineData("{{ regexMatch (print \"(\" .) \"a\" }}")]
    [InlineData("{{ mustEnv . }}")]
    [InlineData("{{ executeTemplate . }}")]
    [InlineData("{{ secret \"a\" . }}")]
    [InlineData("{{ scratch.Set . 1 }}{{ scratch.MapSet . \"a\" 1 }}")]
    [InlineData("{{ index (parseJSON \"[1]\") . }}")]
    [InlineData("{{ lt 1 . }}")]
    [InlineData("{{ add 1 . }}")]
    [InlineData("{{ range . }}{{ end }}")]
    [InlineData("{{ .x }}")]
    [InlineData("{{ sprig_fail . }}")]
    [InlineData("{{ loop . }}")]
    [InlineData("{{ writeToFile . . . . . }}")]
    [InlineData("{{ explodeMap (parseJSON (printf `{\"%s\":1,\"%s/x\":2}` . .)) }}")]
    public void No_error_repeats_a_value(string action)
    {
        const string marked = "MARKED-s3cr3t-!#";
        var data = new FakeTemplateData().Secret("s", $$"""{"v":"{{marked}}"}""");
        var fault = Rendering.Fails($"{{{{ with secret \"s\" }}}}{{{{ with .Data.v }}}}{action}{{{{ end }}}}{{{{ end }}}}", data: data);
        Assert.DoesNotContain("MARKED", fault.ToString());
    }
}
