using System.Net;
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

    [Fact]
    public void Thousands_of_blocks_of_one_path_cost_what_they_hold_and_not_its_square()
    {
        const int Blocks = 5000;
        var constraints = Enumerable.Range(0, Blocks)
            .Select(i => $"allowed_parameters = {{ x{i} = [\"{i}\"] }}\nrequired_parameters = [\"x0\"]")
            .ToList();
        var always = Policies(constraints);
        var sometimes = Policies(constraints.Select(c => c + "\nconditions { cidrs = [\"192.0.2.0/24\"] }"));

        // Pair by pair, each merge copied what the ones before had gathered: gigabytes.
        const long LinearBytes = Blocks * 4096L;
        Acl acl = null!;
        Assert.InRange(BytesOf(() => acl = Acl.Compile(always)), 0, LinearBytes);
        Assert.Equal(AclReason.Granted, Write(acl, "{\"x0\": \"0\", \"x4999\": \"4999\"}"));
        Assert.Equal(AclReason.Parameters, Write(acl, "{\"x0\": \"1\"}"));

        acl = Acl.Compile(sometimes);
        Assert.InRange(BytesOf(() => acl.At("a", "192.0.2.1")), 0, LinearBytes);
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, "{\"x0\": \"1\"}", "192.0.2.1"));
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, "{\"x0\": \"0\", \"x4999\": \"4999\"}", "192.0.2.1"));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", Operation.Update, "", "192.0.3.1"));
    }

    [Fact]
    public void Requests_under_the_same_conditions_merge_nothing_anew()
    {
        var acl = AclBuilder.Acl(string.Concat(Enumerable.Range(0, 1000).Select(i =>
            Update($"conditions {{ cidrs = [\"192.0.2.{i % 200}\", \"10.0.0.0/8\"] }}"))));
        string[] clients = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
        var queries = clients.Select(c => new AclQuery("a", Operation.Update, IPAddress.Parse(c), AclBuilder.Noon, null, default, [])).ToList();
        Assert.True(acl.Check(queries[0]).Allowed);
        Assert.InRange(
            BytesOf(() =>
            {
                for (var i = 0; i < 100; i++)
                    Assert.True(acl.Check(queries[i % queries.Count]).Allowed);
            }),
            0,
            10_000);
    }

    [Fact]
    public void Each_client_gets_what_its_own_conditions_grant_in_any_order()
    {
        var acl = AclBuilder.Acl(
            "path \"a\" { capabilities = [\"read\"] conditions { cidrs = [\"10.0.0.0/8\"] } }",
            "path \"a\" { capabilities = [\"update\"] conditions { cidrs = [\"10.0.0.0/16\", \"192.0.2.0/24\"] } }");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("read update", acl.At("a", "10.0.0.1"));
            Assert.Equal("read", acl.At("a", "10.1.0.1"));
            Assert.Equal("update", acl.At("a", "192.0.2.1"));
            Assert.Equal("deny", acl.At("a", "198.51.100.1"));
        }
    }

    // A text has a longest length.
    private static List<Policy> Policies(IEnumerable<string> fields) =>
        [.. fields.Select(Update).Chunk(1000).Select(blocks => AclBuilder.Policy(string.Concat(blocks)))];

    private static long BytesOf(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static AclReason Write(Acl acl, string body) => acl.Ask("a", Operation.Update, body);

    private static string Rule(string capabilities) => $"path \"a\" {{ capabilities = [{capabilities}] }}\n";

    private static string Update(string fields) => $"path \"a\" {{\ncapabilities = [\"update\"]\n{fields}\n}}\n";
}
