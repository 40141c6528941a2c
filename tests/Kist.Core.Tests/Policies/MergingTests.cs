using Kist.Core.Pipeline;
using Kist.Core.Policies;

namespace Kist.Core.Tests.Policies;

public sealed class MergingTests
{
    [Fact]
    public void Capabilities_of_one_path_add_up()
    {
        Assert.Equal("list read update", AclBuilder.Acl(Rule("\"read\""), Rule("\"update\", \"list\"")).At("a"));
    }

    [Fact]
    public void Blocks_of_one_policy_add_up_too()
    {
        Assert.Equal("list read", AclBuilder.Acl(Rule("\"read\"") + Rule("\"list\"")).At("a"));
    }

    [Theory]
    [InlineData("\"deny\"", "\"read\", \"sudo\"")]
    [InlineData("\"read\", \"sudo\"", "\"deny\"")]
    public void Deny_wins_in_either_order(string first, string second)
    {
        var acl = AclBuilder.Acl(Rule(first), Rule(second));
        Assert.Equal("deny", acl.At("a"));
        Assert.Equal(AclReason.DenyRule, acl.Ask("a"));
        Assert.False(acl.Check(new AclQuery("a", Operation.Read, null, AclBuilder.Noon, null, default, [])).HasSudo);
    }

    [Fact]
    public void Deny_inside_a_block_wins_over_its_other_capabilities()
    {
        Assert.Equal("deny", AclBuilder.Acl(Rule("\"read\", \"deny\"")).At("a"));
    }

    [Fact]
    public void Different_patterns_do_not_add_up()
    {
        var acl = AclBuilder.Acl(Rule("\"read\""), "path \"a*\" { capabilities = [\"update\"] }", "path \"+\" { capabilities = [\"delete\"] }");
        Assert.Equal("read", acl.At("a"));
    }

    [Fact]
    public void Values_of_an_allowed_parameter_add_up()
    {
        var acl = AclBuilder.Acl(Update("allowed_parameters = { x = [\"1\"] }"), Update("allowed_parameters = { x = [\"2\"], y = [] }"));
        Assert.Equal(AclReason.Granted, Write(acl, "{\"x\": \"1\", \"y\": 5}"));
        Assert.Equal(AclReason.Granted, Write(acl, "{\"x\": \"2\"}"));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"x\": \"3\"}"));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"z\": \"1\"}"));
    }

    [Fact]
    public void Any_value_wins_over_a_list_of_values()
    {
        var allowed = AclBuilder.Acl(Update("allowed_parameters = { x = [\"1\"] }"), Update("allowed_parameters = { x = [] }"));
        Assert.Equal(AclReason.Granted, Write(allowed, "{\"x\": \"3\"}"));
        var denied = AclBuilder.Acl(Update("denied_parameters = { x = [] }"), Update("denied_parameters = { x = [\"1\"] }"));
        Assert.Equal(AclReason.Parameters, Write(denied, "{\"x\": \"3\"}"));
    }

    [Fact]
    public void Denied_and_required_parameters_add_up()
    {
        var acl = AclBuilder.Acl(
            Update("denied_parameters = { x = [] }\nrequired_parameters = [\"a\"]"),
            Update("denied_parameters = { y = [] }\nrequired_parameters = [\"b\"]"));
        Assert.Equal(AclReason.Granted, Write(acl, "{\"a\": 1, \"b\": 2}"));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"a\": 1}"));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"b\": 1}"));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"a\": 1, \"b\": 2, \"x\": 3}"));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"a\": 1, \"b\": 2, \"y\": 3}"));
    }

    [Fact]
    public void Constraint_of_one_policy_also_binds_the_other()
    {
        var acl = AclBuilder.Acl(Update("denied_parameters = { x = [] }"), Update(""));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"x\": 1}"));
    }

    [Fact]
    public void Shorter_of_two_wrapping_bounds_counts()
    {
        var acl = AclBuilder.Acl(
            Update("min_wrapping_ttl = \"10s\"\nmax_wrapping_ttl = 60"), Update("min_wrapping_ttl = 20\nmax_wrapping_ttl = \"1m30s\""));
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, wrap: TimeSpan.FromSeconds(10)));
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, wrap: TimeSpan.FromSeconds(60)));
        Assert.Equal(AclReason.Wrapping, acl.Ask("a", Operation.Update, wrap: TimeSpan.FromSeconds(9)));
        Assert.Equal(AclReason.Wrapping, acl.Ask("a", Operation.Update, wrap: TimeSpan.FromSeconds(61)));
        Assert.Equal(AclReason.Wrapping, acl.Ask("a", Operation.Update));
    }

    [Fact]
    public void Contradictory_wrapping_bounds_allow_nothing()
    {
        var acl = AclBuilder.Acl(Update("min_wrapping_ttl = 60"), Update("max_wrapping_ttl = 30"));
        foreach (var seconds in (int[])[10, 30, 45, 60, 90])
            Assert.Equal(AclReason.Wrapping, acl.Ask("a", Operation.Update, wrap: TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public void One_wrapping_bound_alone_demands_wrapping()
    {
        Assert.Equal(AclReason.Wrapping, AclBuilder.Acl(Update("max_wrapping_ttl = 30")).Ask("a", Operation.Update));
        Assert.Equal(AclReason.Wrapping, AclBuilder.Acl(Update("min_wrapping_ttl = 30")).Ask("a", Operation.Update));
        Assert.Equal(AclReason.Granted, AclBuilder.Acl(Update("min_wrapping_ttl = 30")).Ask("a", Operation.Update, wrap: TimeSpan.FromDays(1)));
    }

    private static AclReason Write(Acl acl, string body) => acl.Ask("a", Operation.Update, body);

    private static string Rule(string capabilities) => $"path \"a\" {{ capabilities = [{capabilities}] }}\n";

    private static string Update(string fields) => $"path \"a\" {{\ncapabilities = [\"update\"]\n{fields}\n}}\n";
}
