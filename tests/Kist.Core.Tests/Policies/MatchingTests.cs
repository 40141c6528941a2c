using Kist.Core.Pipeline;
using Kist.Core.Policies;

namespace Kist.Core.Tests.Policies;

public sealed class MatchingTests
{
    [Theory]
    [InlineData("secret/a", "secret/a", true)]
    [InlineData("secret/a", "secret/a/", false)]
    [InlineData("secret/a", "secret/ab", false)]
    [InlineData("/secret/a", "secret/a", true)]
    [InlineData("secret/*", "secret/", true)]
    [InlineData("secret/*", "secret/a/b", true)]
    [InlineData("secret/*", "secret", false)]
    [InlineData("secret/a*", "secret/abc/d", true)]
    [InlineData("*", "anything/at/all", true)]
    [InlineData("+", "a", true)]
    [InlineData("+", "a/b", false)]
    [InlineData("secret/+", "secret/a", true)]
    [InlineData("secret/+", "secret/a/b", false)]
    [InlineData("secret/+", "secret", false)]
    [InlineData("secret/+", "secret/", true)]
    [InlineData("secret/+/b", "secret/a/b", true)]
    [InlineData("secret/+/b", "secret/a/c", false)]
    [InlineData("secret/+/b", "secret/b", false)]
    [InlineData("+/+/b", "x/y/b", true)]
    [InlineData("secret/+/*", "secret/a/", true)]
    [InlineData("secret/+/*", "secret/a/b/c", true)]
    [InlineData("secret/+/*", "secret/a", false)]
    [InlineData("secret/+/te*", "secret/a/team/x", true)]
    [InlineData("secret/+/te*", "secret/a/other", false)]
    [InlineData("secret/a+b", "secret/a+b", true)]
    [InlineData("secret/a+b", "secret/axb", false)]
    [InlineData("secret/+a/+", "secret/+a/x", true)]
    [InlineData("secret/+a/+", "secret/xa/x", false)]
    [InlineData("a*/b", "a*/b", true)]
    [InlineData("a*/b", "ax/b", false)]
    [InlineData("secret/a", "Secret/a", false)]
    public void Pattern_matches_as_documented(string pattern, string path, bool matches)
    {
        Assert.Equal(matches, Rule(pattern, "read").Allows(path));
    }

    // Each row: the better pattern, the worse one, a path that both match. Vault documents the five rules in this order.
    [Theory]
    [InlineData("secret/a", "secret/a*", "secret/a")] // exact before everything
    [InlineData("secret/a", "secret/+", "secret/a")]
    [InlineData("secret/ab*", "secret/a*", "secret/abc")] // 1: the first wildcard comes later
    [InlineData("secret/*", "+/a", "secret/a")]
    [InlineData("secret/a/+", "secret/+/b", "secret/a/b")]
    [InlineData("secret/a*", "secret/+", "secret/a")]
    [InlineData("secret/a/*", "secret/+/b", "secret/a/b")]
    [InlineData("secret/a/+/c", "secret/+/b/c", "secret/a/b/c")]
    [InlineData("secret/+", "secret/*", "secret/a")] // 2: does not end in *
    [InlineData("secret/+/b", "secret/+/*", "secret/a/b")]
    [InlineData("secret/+/+", "secret/+/b*", "secret/a/b")]
    [InlineData("secret/+/b/c", "secret/+/+/c", "secret/a/b/c")] // 3: fewer +
    [InlineData("secret/*", "secret/+/*", "secret/a/b")]
    [InlineData("secret/+/b/*", "secret/+/+/*", "secret/a/b/c")]
    [InlineData("secret/+/ba*", "secret/+/b*", "secret/a/bar")] // 4: longer
    [InlineData("secret/+/b/c/*", "secret/+/b/*", "secret/a/b/c/d")]
    [InlineData("secret/+/b/+", "secret/+/+/c", "secret/a/b/c")] // 5: sorts later
    public void Pattern_of_higher_priority_decides_alone(string better, string worse, string path)
    {
        foreach (var texts in (string[][])[[Text(better, "read"), Text(worse, "update")], [Text(worse, "update"), Text(better, "read")]])
        {
            var acl = AclBuilder.Acl(texts);
            Assert.Equal("read", acl.At(path));
            Assert.Equal(AclReason.MissingCapability, acl.Ask(path, Operation.Update));
        }
        Assert.Equal("deny", AclBuilder.Acl(Text(better, "deny"), Text(worse, "read")).At(path));
        Assert.Equal("read", AclBuilder.Acl(Text(better, "read"), Text(worse, "deny")).At(path));
    }

    [Fact]
    public void Longest_of_nested_prefixes_decides()
    {
        var acl = AclBuilder.Acl(Text("a*", "create"), Text("a/b*", "read"), Text("a/b/c*", "update"), Text("a/d*", "delete"), Text("*", "list"));
        Assert.Equal("create", acl.At("a/a"));
        Assert.Equal("read", acl.At("a/b/bb"));
        Assert.Equal("update", acl.At("a/b/c"));
        Assert.Equal("read", acl.At("a/b/d"));
        Assert.Equal("create", acl.At("a/c"));
        Assert.Equal("delete", acl.At("a/dz"));
        Assert.Equal("list", acl.At("b"));
        Assert.Equal("list", acl.At(""));
    }

    [Theory]
    [InlineData("foo", true)]
    [InlineData("foo/", true)]
    [InlineData("foo*", true)]
    [InlineData("foo/*", true)]
    [InlineData("+", true)]
    [InlineData("+/", true)]
    [InlineData("foo/a", false)]
    public void Folder_is_listed_by_a_rule_with_or_without_its_slash(string pattern, bool allowed)
    {
        Assert.Equal(allowed, Rule(pattern, "list").Allows("foo/", Operation.List));
        Assert.Equal(allowed, Rule(pattern, "scan").Allows("foo/", Operation.Scan));
    }

    [Fact]
    public void Trailing_slash_is_only_trimmed_for_listing()
    {
        Assert.False(Rule("foo", "read").Allows("foo/"));
        Assert.False(Rule("foo", "delete").Allows("foo/", Operation.Delete));
    }

    [Fact]
    public void Rule_with_the_slash_goes_before_the_one_without()
    {
        var acl = AclBuilder.Acl(Text("foo/", "list"), Text("foo", "deny"));
        Assert.True(acl.Allows("foo/", Operation.List));
        acl = AclBuilder.Acl(Text("foo", "list"), Text("foo/*", "deny"), Text("+/", "deny"));
        Assert.True(acl.Allows("foo/", Operation.List));
    }

    // Asked without the slash first, the shorter pattern matched the folder's name and hid the longer one.
    [Theory]
    [InlineData("secret/metadata/prod/*", "secret/metadata/*")]
    [InlineData("secret/metadata/prod/*", "*")]
    [InlineData("secret/+/prod/*", "secret/+/*")]
    [InlineData("secret/metadata/prod/*", "secret/metadata/+")]
    [InlineData("secret/metadata/+/", "secret/metadata/*")]
    public void Folder_is_listed_by_the_most_specific_pattern_that_matches_it_with_its_slash(string better, string worse)
    {
        foreach (var operation in (Operation[])[Operation.List, Operation.Scan])
        {
            var denied = AclBuilder.Acl($"path \"{worse}\" {{ capabilities = [\"list\", \"scan\"] }}", Text(better, "deny"));
            Assert.Equal(AclReason.DenyRule, denied.Ask("secret/metadata/prod/", operation));
            Assert.Equal("deny", denied.At("secret/metadata/prod/"));
            Assert.True(denied.Allows("secret/metadata/other/", operation) || better.Contains('+', StringComparison.Ordinal));
            var allowed = AclBuilder.Acl($"path \"{better}\" {{ capabilities = [\"list\", \"scan\"] }}", Text(worse, "deny"));
            Assert.True(allowed.Allows("secret/metadata/prod/", operation));
        }
    }

    [Fact]
    public void Leading_slashes_of_a_path_do_not_turn_a_deny_rule_off()
    {
        var acl = AclBuilder.Acl(Text("*", "read"), Text("secret/*", "deny"));
        Assert.Equal(AclReason.DenyRule, acl.Ask("//secret/a"));
    }

    [Theory]
    [InlineData("kv/a", "read", true)]
    [InlineData("kv", "list", true)]
    [InlineData("kv/*", "read", true)]
    [InlineData("k*", "read", true)]
    [InlineData("+/a", "read", true)]
    [InlineData("kv/+/a", "read", true)]
    [InlineData("kv/*", "deny", false)]
    [InlineData("kvx/*", "read", false)]
    [InlineData("k", "read", false)]
    [InlineData("other/+", "read", false)]
    public void Mount_is_touched_by_a_rule_that_can_grant_something_in_it(string pattern, string capability, bool touched)
    {
        Assert.Equal(touched, Rule(pattern, capability).TouchesMount("kv/"));
    }

    private static Acl Rule(string pattern, string capability) => AclBuilder.Acl(Text(pattern, capability));

    private static string Text(string pattern, string capability) => $"path \"{pattern}\" {{ capabilities = [\"{capability}\"] }}";
}
