using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Pipeline;
using Kist.Core.Policies.Parsing;

namespace Kist.Core.Tests.Policies;

public sealed class PolicyParserTests
{
    public static TheoryData<string> FaultyPolicies() =>
        [.. Directory.GetFiles(Golden(), "*.errors").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    /// <summary>Each file of Golden/ has beside it the message that it must get: every fault on a line of its own.</summary>
    [Theory]
    [MemberData(nameof(FaultyPolicies))]
    public void Faulty_policy_gets_every_fault_named(string name)
    {
        var failure = PolicyParser.Parse("app", File.ReadAllText(Path.Combine(Golden(), name))).Failure;
        Assert.NotNull(failure);
        Assert.Equal(File.ReadAllText(Path.Combine(Golden(), name + ".errors")), failure.Message + "\n");
        Assert.Equal((FailureKind.Invalid, "policy.invalid"), (failure.Kind, failure.Code));
    }

    [Fact]
    public void Golden_policies_are_there()
    {
        Assert.True(FaultyPolicies().Count >= 5);
    }

    [Fact]
    public void JSON_means_the_same_as_HCL()
    {
        var hcl = AclBuilder.Acl(
            """
            path "secret/*" {
              capabilities = ["read", "update"]
              allowed_parameters = { "x" = ["a*", 1] }
              conditions { cidrs = ["10.0.0.0/8"] }
            }
            path "b" { policy = "write" }
            """);
        var json = AclBuilder.Acl(
            """
            {"path": {
              "secret/*": {"capabilities": ["read", "update"], "allowed_parameters": {"x": ["a*", 1]}, "conditions": {"cidrs": ["10.0.0.0/8"]}},
              "b": [{"policy": "write"}]
            }}
            """);
        foreach (var acl in (Core.Policies.Acl[])[hcl, json])
        {
            Assert.Equal("read update", acl.At("secret/a", address: "10.0.0.1"));
            Assert.Equal("deny", acl.At("secret/a"));
            Assert.Equal("create delete list read update", acl.At("b"));
            Assert.Equal(Core.Policies.AclReason.Parameters, acl.Ask("secret/a", Operation.Update, "{\"x\": 2}", address: "10.0.0.1"));
            Assert.Equal(Core.Policies.AclReason.Granted, acl.Ask("secret/a", Operation.Update, "{\"x\": 1}", address: "10.0.0.1"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("{}")]
    [InlineData("name = \"other\"")]
    public void Policy_without_rules_is_allowed(string text)
    {
        Assert.Empty(AclBuilder.Policy(text).Rules);
    }

    [Fact]
    public void Rules_keep_path_and_capabilities()
    {
        var rules = AclBuilder.Policy(
            """
            path "/a/*" { capabilities = ["read"] comment = "why" }
            path "b" { capabilities = ["deny", "read"] }
            """).Rules;
        Assert.Equal(("a/*", Core.Policies.Capabilities.Read), (rules[0].Path, rules[0].Capabilities));
        Assert.Equal(("b", Core.Policies.Capabilities.Deny), (rules[1].Path, rules[1].Capabilities));
    }

    [Theory]
    [InlineData("a*/b", "", "path \"a*/b\": \"*\" is a wildcard only at the end, elsewhere it stands for itself")]
    [InlineData("a/b+", "", "path \"a/b+\": \"+\" is a wildcard only as a whole segment, elsewhere it stands for itself")]
    [InlineData("{{x}}/a", "", "path \"{{x}}/a\" matches nothing: no identity has a value for \"{{x}}\"")]
    [InlineData("a/{{identity.entity.nam}}", "", "path \"a/{{identity.entity.nam}}\" matches nothing: no identity has a value for \"{{identity.entity.nam}}\"")]
    [InlineData("a", "allowed_parameters = {}", "\"allowed_parameters\" is empty and constrains nothing")]
    public void Legal_text_that_is_hardly_meant_gets_a_warning(string path, string field, string warning)
    {
        Assert.Equal([$"policy \"test\": line 2: {warning}"], AclBuilder.Policy($"# c\npath \"{path}\" {{ policy = \"read\" {field} }}").Warnings);
    }

    [Fact]
    public void Plain_policy_gets_no_warning()
    {
        Assert.Empty(AclBuilder.Policy("path \"a/+/b/*\" { capabilities = [\"read\"] denied_parameters = { \"*\" = [] } }").Warnings);
    }

    [Fact]
    public void Long_list_of_faults_is_cut()
    {
        var faults = AclBuilder.Faults(string.Concat(Enumerable.Repeat("pth \"a\" { }\n", 30)));
        Assert.Equal(21, faults.Length);
        Assert.Equal("policy \"app\": and 10 more", faults[^1]);
    }

    [Fact]
    public void Any_text_is_a_policy_or_has_faults()
    {
        var words = Gen.Elements(
            "path", "\"a/*\"", "\"+*\"", "\"{{x}}\"", "{", "}", "=", "[", "]", ",", "\n", "capabilities", "\"read\"", "\"deny\"", "policy",
            "conditions", "cidrs", "\"10.0.0.0/8\"", "\"::/129\"", "days", "\"mon-fri\"", "hours", "\"22:00-06:00\"", "time_zone",
            "\"Europe/Berlin\"", "\"../x\"", "not_after", "\"2026-01-01T00:00:00Z\"",
            "allowed_parameters", "required_parameters", "min_wrapping_ttl", "max_wrapping_ttl", "1", "-1", "true", "comment", ":");
        Prop.ForAll(Arb.From(words.ListOf()), Parses).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
        var blocks =
            from fields in words.ListOf()
            select (IList<string>)["path", "\"a\"", "{", .. fields, "}"];
        Prop.ForAll(Arb.From(blocks), Parses).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

        static bool Parses(IList<string> text)
        {
            var parsed = PolicyParser.Parse("app", string.Join(' ', text));
            return parsed.Succeeded || parsed.Failure.Message.Split('\n').All(f => f.StartsWith("policy \"app\": ", StringComparison.Ordinal));
        }
    }

    private static string Golden([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
