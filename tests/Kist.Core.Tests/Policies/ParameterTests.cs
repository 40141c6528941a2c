using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Policies.Parameters;

namespace Kist.Core.Tests.Policies;

public sealed class ParameterTests
{
    [Theory]
    [InlineData("x = [\"a\"]", "{\"x\": \"a\"}", true)]
    [InlineData("x = [\"a\"]", "{\"X\": \"a\"}", true)]
    [InlineData("X = [\"a\"]", "{\"x\": \"a\"}", true)]
    [InlineData("x = [\"a\"]", "{\"x\": \"A\"}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": \"b\"}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": \"a\", \"y\": 1}", false)]
    [InlineData("x = \"a\"", "{\"x\": \"a\"}", true)]
    [InlineData("x = []", "{\"x\": {\"any\": [1, null]}}", true)]
    [InlineData("x = []", "{\"x\": null}", true)]
    [InlineData("x = []", "{\"y\": 1}", false)]
    [InlineData("x = []", "{}", true)]
    [InlineData("x = []", "", true)]
    [InlineData("\"*\" = []", "{\"y\": 1}", true)]
    [InlineData("\"*\" = [], x = [\"a\"]", "{\"y\": 1, \"x\": \"a\"}", true)]
    [InlineData("\"*\" = [], x = [\"a\"]", "{\"y\": 1, \"x\": \"b\"}", false)]
    [InlineData("x = [\"a*\"]", "{\"x\": \"abc\"}", true)]
    [InlineData("x = [\"a*\"]", "{\"x\": \"ba\"}", false)]
    [InlineData("x = [\"*c\"]", "{\"x\": \"abc\"}", true)]
    [InlineData("x = [\"*c\"]", "{\"x\": \"cb\"}", false)]
    [InlineData("x = [\"*b*\"]", "{\"x\": \"abc\"}", true)]
    [InlineData("x = [\"*b*\"]", "{\"x\": \"ac\"}", false)]
    [InlineData("x = [\"a*c\"]", "{\"x\": \"abc\"}", false)]
    [InlineData("x = [\"a*c\"]", "{\"x\": \"a*c\"}", true)]
    [InlineData("x = [\"*\"]", "{\"x\": [{}]}", true)]
    [InlineData("x = [5]", "{\"x\": 5}", true)]
    [InlineData("x = [5]", "{\"x\": \"5\"}", true)]
    [InlineData("x = [5]", "{\"x\": 5.0}", true)]
    [InlineData("x = [5]", "{\"x\": 6}", false)]
    [InlineData("x = [1.5]", "{\"x\": 15e-1}", true)]
    [InlineData("x = [9007199254740993]", "{\"x\": 9007199254740992}", false)]
    [InlineData("x = [true]", "{\"x\": true}", true)]
    [InlineData("x = [true]", "{\"x\": \"1\"}", true)]
    [InlineData("x = [true]", "{\"x\": false}", false)]
    [InlineData("x = [\"true\"]", "{\"x\": true}", true)]
    [InlineData("x = [\"a\", \"b\"]", "{\"x\": [\"a\", \"b\"]}", true)]
    [InlineData("x = [\"a\", \"b\"]", "{\"x\": [\"a\", \"c\"]}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": []}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": null}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": [\"a\", null]}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": [[\"a\"]]}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": {\"a\": \"a\"}}", false)]
    [InlineData("x = [\"a\", \"b\"]", "{\"x\": \"a,b\"}", false)]
    [InlineData("x = [\"app-*\"]", "{\"x\": \"app-x,admin\"}", false)]
    [InlineData("x = [\"app-*\"]", "{\"x\": \"app-x,app-y\"}", true)]
    [InlineData("x = [\"*,ou=people,dc=example\"]", "{\"x\": \"cn=a,ou=people,dc=example\"}", true)]
    [InlineData("x = [\"a,b\"]", "{\"x\": \"a,b\"}", true)]
    [InlineData("x = [\"a\"]", "{\"x\": \"a\", \"x\": \"b\"}", false)]
    [InlineData("x = [\"a\"]", "[\"x\"]", false)]
    [InlineData("x = [\"a\"]", "{\"x\": ", false)]
    [InlineData("x = [\"a\"]", "{\"x\": \"\\ud800\"}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": \" a\"}", false)]
    [InlineData("x = [\"app-*\"]", "{\"x\": [\"app-x\", \" admin\"]}", false)]
    [InlineData("x = [true]", "{\"x\": 2}", true)]
    [InlineData("x = [true]", "{\"x\": 0.0}", false)]
    [InlineData("x = [false]", "{\"x\": \"\"}", true)]
    [InlineData("x = [false]", "{\"x\": 1.0}", false)]
    [InlineData("x = [5]", "{\"x\": \" 0x5 \"}", true)]
    [InlineData("x = [5]", "{\"x\": true}", false)]
    [InlineData("x = [1]", "{\"x\": true}", true)]
    [InlineData("x = [3600]", "{\"x\": \"1h\"}", true)]
    [InlineData("x = [3600]", "{\"x\": \"2h\"}", false)]
    [InlineData("x = [\"5\"]", "{\"x\": \"0x5\"}", false)]
    [InlineData("x = [\"1h\"]", "{\"x\": \"60m\"}", false)]
    [InlineData("x = [1e300]", "{\"x\": 1e300}", true)]
    [InlineData("x = [1e300]", "{\"x\": 1e301}", false)]
    public void Allowed_parameters_hold(string allowed, string body, bool granted)
    {
        var acl = AclBuilder.Acl($"path \"a\" {{ capabilities = [\"update\"] allowed_parameters = {{ {allowed} }} }}");
        Assert.Equal(granted ? AclReason.Granted : AclReason.Parameters, acl.Ask("a", Operation.Update, body));
    }

    [Theory]
    [InlineData("x = [\"a\"]", "{\"x\": \"a\"}", false)]
    [InlineData("x = [\"a\"]", "{\"X\": \"a\"}", false)]
    [InlineData("x = [\"a\"]", "{\"x\": \"b\"}", true)]
    [InlineData("x = [\"a\"]", "{\"y\": \"a\"}", true)]
    [InlineData("x = []", "{\"x\": \"b\"}", false)]
    [InlineData("x = []", "{\"y\": \"b\"}", true)]
    [InlineData("\"*\" = []", "{\"y\": \"b\"}", false)]
    [InlineData("\"*\" = []", "{}", true)]
    [InlineData("\"*\" = [\"a\"]", "{\"y\": \"b\"}", false)]
    [InlineData("x = [\"a*\"]", "{\"x\": \"abc\"}", false)]
    [InlineData("x = [5]", "{\"x\": \"5\"}", false)]
    [InlineData("x = [true]", "{\"x\": \"1\"}", false)]
    [InlineData("x = [true]", "{\"x\": 1}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": [\"app\", \"root\"]}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": \"app,root\"}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": \"app, root\"}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": {\"y\": [\"root\"]}}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": \"rooted\"}", true)]
    [InlineData("x = [\"root\"]", "{\"x\": null}", true)]
    [InlineData("x = [\"root\"]", "{\"x\": \" root\"}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": [\" root \"]}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": [\"Root\"]}", false)]
    [InlineData("x = [\"ro*\"]", "{\"x\": [\"\\tROOT\"]}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": \"group=root\"}", false)]
    [InlineData("x = [\"root\"]", "{\"x\": [\"a=b\", \"group=root\"]}", false)]
    [InlineData("x = [true]", "{\"x\": 2}", false)]
    [InlineData("x = [true]", "{\"x\": 1.0}", false)]
    [InlineData("x = [true]", "{\"x\": 0}", true)]
    [InlineData("x = [\"true\"]", "{\"x\": 2}", false)]
    [InlineData("x = [false]", "{\"x\": \"\"}", false)]
    [InlineData("x = [false]", "{\"x\": 0.0}", false)]
    [InlineData("x = [false]", "{\"x\": 1e-400}", false)]
    [InlineData("x = [5]", "{\"x\": \"0x5\"}", false)]
    [InlineData("x = [5]", "{\"x\": \" 5 \"}", false)]
    [InlineData("x = [5]", "{\"x\": 5.00000000000000001}", false)]
    [InlineData("x = [5]", "{\"x\": true}", true)]
    [InlineData("x = [1]", "{\"x\": true}", false)]
    [InlineData("x = [0]", "{\"x\": false}", false)]
    [InlineData("x = [0]", "{\"x\": \"\"}", false)]
    [InlineData("x = [\"5\"]", "{\"x\": 5.0}", false)]
    [InlineData("x = [\"1\"]", "{\"x\": true}", false)]
    [InlineData("x = [\"1\"]", "{\"x\": 5}", true)]
    [InlineData("x = [\"1h\"]", "{\"x\": 3600}", false)]
    [InlineData("x = [\"1h\"]", "{\"x\": \"60m\"}", false)]
    [InlineData("x = [3600]", "{\"x\": \"1h\"}", false)]
    [InlineData("x = [\"2026-01-31T12:00:00Z\"]", "{\"x\": \"2026-01-31T13:00:00.0+01:00\"}", false)]
    public void Denied_parameters_hold(string denied, string body, bool granted)
    {
        var acl = AclBuilder.Acl($"path \"a\" {{ capabilities = [\"update\"] denied_parameters = {{ {denied} }} }}");
        Assert.Equal(granted ? AclReason.Granted : AclReason.Parameters, acl.Ask("a", Operation.Update, body));
    }

    [Fact]
    public void Denied_wins_over_allowed()
    {
        var acl = AclBuilder.Acl("path \"a\" { policy = \"write\" allowed_parameters = { \"*\" = [] } denied_parameters = { x = [\"b\"] } }");
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, "{\"x\": \"b\"}"));
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, "{\"x\": \"c\"}"));
    }

    [Fact]
    public void Required_parameters_must_be_there_in_body_or_query()
    {
        var acl = AclBuilder.Acl("path \"a\" { capabilities = [\"update\"] required_parameters = [\"X\", \"y\"] }");
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, "{\"x\": 0, \"y\": 1}"));
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, "{\"x\": 1}", query: ("y", "2")));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, "{\"x\": 1}"));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update));
    }

    // A field is bound by its exact name, reads no null, and not the query when the body has the name.
    [Theory]
    [InlineData("{\"TTL\": \"1h\"}", null)]
    [InlineData("{\"ttl\": null}", null)]
    [InlineData("{\"ttl\": null}", "ttl")]
    [InlineData("{}", "TTL")]
    [InlineData("", null)]
    public void Required_parameter_that_no_field_reads_is_not_there(string body, string? query)
    {
        var acl = AclBuilder.Acl("path \"a\" { capabilities = [\"update\"] required_parameters = [\"ttl\"] }");
        (string, string)[] sent = query is null ? [] : [(query, "1h")];
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, body, query: sent));
    }

    [Fact]
    public void Query_parameters_are_constrained_like_the_body()
    {
        var acl = AclBuilder.Acl("path \"a\" { capabilities = [\"read\"] allowed_parameters = { version = [1] } }");
        Assert.Equal(AclReason.Granted, acl.Ask("a", query: ("version", "1")));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", query: ("version", "2")));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Read, "", null, null, null, ("version", "1"), ("version", "2")));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", query: ("other", "1")));
    }

    [Theory]
    [InlineData(Operation.Create, true)]
    [InlineData(Operation.Update, true)]
    [InlineData(Operation.Patch, true)]
    [InlineData(Operation.Read, true)]
    [InlineData(Operation.Delete, false)]
    [InlineData(Operation.List, false)]
    [InlineData(Operation.Scan, false)]
    public void Parameters_are_constrained_where_operations_take_them(Operation operation, bool constrained)
    {
        var name = operation.ToString().ToLowerInvariant();
        var acl = AclBuilder.Acl($"path \"a\" {{ capabilities = [\"{name}\"] denied_parameters = {{ x = [] }} }}");
        Assert.Equal(constrained ? AclReason.Parameters : AclReason.Granted, acl.Ask("a", operation, "{\"x\": 1}"));
    }

    [Theory]
    [InlineData("denied_parameters = { x = [\"b\"] }")]
    [InlineData("allowed_parameters = { x = [\"a\", \"a*\"] }")]
    public void A_list_that_is_too_long_to_be_looked_through_is_refused(string rule)
    {
        var acl = AclBuilder.Acl($"path \"a\" {{ capabilities = [\"update\", \"read\"] {rule} }}");
        var most = string.Concat(Enumerable.Repeat("a,", ParameterValue.MostParts - 1)) + "a";
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, $$"""{"x":"{{most}}"}"""));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, $$"""{"x":"{{most}},a"}"""));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, $$"""{"x":["{{most}}","a"]}"""));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, $$"""{"x":[[{{most.Replace('a', '1')}}],1]}"""));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", query: ("x", most + ",a")));
    }

    [Theory]
    [InlineData("kube-admin", "\"\u212aube-admin\"")]
    [InlineData("kube-*", "\" \u212aUBE-x\"")]
    [InlineData("0", "\"system\"")]
    [InlineData("0", "null")]
    [InlineData("false", "null")]
    public void A_denied_value_is_met_in_every_form_that_some_field_reads(string denied, string sent)
    {
        var acl = AclBuilder.Acl($"path \"a\" {{ capabilities = [\"update\"] denied_parameters = {{ x = [\"{denied}\"] }} }}");
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, $$"""{"x":{{sent}}}"""));
    }

    [Fact]
    public void Any_body_is_decided_about()
    {
        var acl = AclBuilder.Acl("path \"a\" { capabilities = [\"update\"] allowed_parameters = { x = [1, \"a*\", true] } }");
        var body = Gen.Elements("{", "}", "[", "]", "\"x\"", ":", ",", "1", "null", "\"a\"", "\"\\ud83d\"", "\0", " ").ListOf().Select(string.Concat);
        Prop.ForAll(Arb.From(body), text => acl.Ask("a", Operation.Update, text) is AclReason.Granted or AclReason.Parameters)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
