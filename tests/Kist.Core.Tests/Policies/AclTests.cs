using System.Net;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Policies.Parsing;

namespace Kist.Core.Tests.Policies;

public sealed class AclTests
{
    [Fact]
    public void Root_is_allowed_everything()
    {
        foreach (var operation in Enum.GetValues<Operation>())
        {
            var decision = Acl.Root.Check(new AclQuery("sys/raw/x", operation, null, AclBuilder.Noon, null, default, []));
            Assert.True(decision.Allowed);
            Assert.True(decision.HasSudo);
        }
        Assert.Equal("root", Acl.Root.At("any"));
        Assert.True(Acl.Root.IsRoot);
        Assert.True(Acl.Root.TouchesMount("any/"));
    }

    [Fact]
    public void No_policy_allows_nothing()
    {
        Assert.Equal(AclReason.NoRule, Acl.Empty.Ask("secret/a"));
        Assert.Equal("deny", Acl.Empty.At("secret/a"));
        Assert.False(Acl.Empty.IsRoot);
        Assert.False(Acl.Empty.TouchesMount("secret/"));
    }

    [Fact]
    public void Policy_with_the_name_root_in_its_text_is_not_root()
    {
        Assert.Equal(AclReason.NoRule, AclBuilder.Acl("name = \"root\"").Ask("secret/a"));
    }

    [Fact]
    public void Each_operation_needs_the_capability_of_its_name()
    {
        foreach (var granted in Enum.GetValues<Operation>())
        {
            var acl = AclBuilder.Acl($"path \"a\" {{ capabilities = [\"{granted.ToString().ToLowerInvariant()}\"] }}");
            foreach (var asked in Enum.GetValues<Operation>())
                Assert.Equal(asked == granted ? AclReason.Granted : AclReason.MissingCapability, acl.Ask("a", asked));
        }
    }

    [Fact]
    public void Sudo_alone_allows_no_operation()
    {
        var decision = AclBuilder.Acl("path \"a\" { capabilities = [\"sudo\"] }").Check(Query("a", Operation.Read));
        Assert.False(decision.Allowed);
        Assert.True(decision.HasSudo);
    }

    [Fact]
    public void Capabilities_are_sorted_and_deny_stands_for_nothing()
    {
        var acl = AclBuilder.Acl(
            "path \"a\" { capabilities = [\"update\", \"sudo\", \"scan\", \"read\", \"patch\", \"list\", \"delete\", \"create\"] }",
            "path \"none\" { capabilities = [] }");
        Assert.Equal("create delete list patch read scan sudo update", acl.At("a"));
        Assert.Equal("create delete list patch read scan sudo update", acl.At("a/"));
        Assert.Equal("deny", acl.At("none"));
        Assert.Equal("deny", acl.At("other"));
    }

    [Theory]
    [InlineData("read", "list read")]
    [InlineData("write", "create delete list read update")]
    [InlineData("sudo", "create delete list read sudo update")]
    [InlineData("deny", "deny")]
    public void Old_shorthand_stands_for_its_capabilities(string shorthand, string capabilities)
    {
        Assert.Equal(capabilities, AclBuilder.Acl($"path \"a\" {{ policy = \"{shorthand}\" }}").At("a"));
    }

    [Fact]
    public void Decision_names_the_policies_that_grant_the_operation()
    {
        var acl = Acl.Compile([
            Parsed("c", "path \"a\" { capabilities = [\"read\"] }"),
            Parsed("a", "path \"a\" { capabilities = [\"read\", \"update\"] conditions { cidrs = [\"10.0.0.0/8\"] } }"),
            Parsed("b", "path \"a\" { capabilities = [\"delete\"] }\npath \"*\" { capabilities = [\"read\"] }"),
        ]);
        var inside = Query("a", Operation.Read) with { ClientAddress = IPAddress.Parse("10.0.0.1") };
        Assert.Equal(["a", "c"], acl.Check(inside).GrantingPolicies);
        Assert.Equal(["a"], acl.Check(inside with { Operation = Operation.Update }).GrantingPolicies);
        Assert.Equal(["c"], acl.Check(Query("a", Operation.Read)).GrantingPolicies);
        Assert.Equal(["b"], acl.Check(Query("x", Operation.Read)).GrantingPolicies);
        Assert.Empty(acl.Check(Query("a", Operation.Update)).GrantingPolicies);
        Assert.Equal(["root"], Acl.Root.Check(Query("a", Operation.Read)).GrantingPolicies);
    }

    [Fact]
    public void Templated_rule_matches_nothing()
    {
        var acl = AclBuilder.Acl("path \"secret/{{identity.entity.id}}/*\" { capabilities = [\"read\"] }");
        Assert.Equal("deny", acl.At("secret/{{identity.entity.id}}/a"));
        Assert.Equal("deny", acl.At("secret//a"));
        Assert.False(acl.TouchesMount("secret/"));
    }

    [Fact]
    public void Many_rules_are_found_one_by_one()
    {
        static string Granted(int i) => i % 2 == 0 ? "read" : "list";
        var rules = Enumerable.Range(0, 5000).Select(i => $"path \"team{i}/*\" {{ capabilities = [\"{Granted(i)}\"] }}\n");
        var acl = AclBuilder.Acl(string.Concat(rules));
        for (var i = 0; i < 5000; i++)
            Assert.Equal(Granted(i), acl.At($"team{i}/x"));
        Assert.Equal("deny", acl.At("team5000/x"));
    }

    [Fact]
    public void Deciding_about_a_plain_rule_allocates_nothing()
    {
        var acl = AclBuilder.Acl("path \"a/*\" { policy = \"read\" }\npath \"b/+/c\" { policy = \"read\" }\npath \"d\" { policy = \"read\" }");
        AclQuery[] queries = [.. ((string[])["a/b", "b/x/c", "d", "z"]).Select(p => Query(p, Operation.Read)), Query("d/", Operation.List)];
        var allowed = queries.Count(q => acl.Check(q).Allowed);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            foreach (ref readonly var query in queries.AsSpan())
                _ = acl.Check(query);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(4, allowed);
    }

    private static Policy Parsed(string name, string text) => PolicyParser.Parse(name, text).Value;

    private static AclQuery Query(string path, Operation operation) => new(path, operation, null, AclBuilder.Noon, null, default, []);
}
