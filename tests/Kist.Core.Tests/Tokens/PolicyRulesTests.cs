using Kist.Core.Tokens;

namespace Kist.Core.Tests.Tokens;

public sealed class PolicyRulesTests
{
    [Theory]
    [InlineData("", false, "app,default", false, "app,default")]
    [InlineData("", false, "app", false, "app")]
    [InlineData("app", false, "app,default", false, "app,default")]
    [InlineData("app", false, "app,dev", false, "app")]
    [InlineData("app", true, "app,default", false, "app")]
    [InlineData(" APP ,app,", false, "app,default", false, "app,default")]
    [InlineData("dev", false, "app", false, "token.policies_exceed_parent")]
    [InlineData("dev", false, "app", true, "default,dev")]
    [InlineData("dev", true, "app", true, "dev")]
    [InlineData("", false, "root", true, "root")]
    [InlineData("dev", false, "root", true, "default,dev")]
    [InlineData("root,dev", false, "root", true, "root")]
    [InlineData("root", false, "app", true, "token.root_needs_root")]
    [InlineData("response-wrapping", false, "root", true, "token.policy_not_assignable")]
    public void Without_a_role_a_child_has_at_most_its_parents_policies(string asked, bool noDefault, string parent, bool sudo, string expected) =>
        Assert.Equal(expected, Decide(asked, noDefault, parent, null, sudo));

    [Theory]
    [InlineData("", "dev,ops", "", "", "", "default,dev,ops")]
    [InlineData("dev", "dev,ops", "", "", "", "default,dev")]
    [InlineData("prod", "dev,ops", "", "", "", "token.policies_exceed_role")]
    [InlineData("team-a-read", "", "team-*-read", "", "", "default,team-a-read")]
    [InlineData("team-a-read", "default", "team-*-read", "", "", "default,team-a-read")]
    [InlineData("team-a-write", "default", "team-*-read", "", "", "token.policies_exceed_role")]
    [InlineData("", "", "", "prod", "", "app,default")]
    [InlineData("anything", "", "", "prod", "", "anything,default")]
    [InlineData("prod", "", "", "prod", "", "token.policy_disallowed")]
    [InlineData("prod-eu", "", "", "", "prod*", "token.policy_disallowed")]
    [InlineData("dev", "", "", "default", "", "dev")]
    [InlineData("dev", "", "", "", "def*", "dev")]
    [InlineData("root", "root", "", "", "", "token.root_needs_root")]
    public void A_role_with_lists_replaces_the_parents(
        string asked, string allowed, string allowedGlob, string disallowed, string disallowedGlob, string expected)
    {
        var role = new TokenRole
        {
            Name = "r",
            AllowedPolicies = List(allowed),
            AllowedPoliciesGlob = List(allowedGlob),
            DisallowedPolicies = List(disallowed),
            DisallowedPoliciesGlob = List(disallowedGlob),
        };
        Assert.Equal(expected, Decide(asked, false, "app", role, false));
    }

    [Fact]
    public void A_role_without_lists_keeps_the_parents_bounds()
    {
        Assert.Equal("token.policies_exceed_parent", Decide("dev", false, "app", new TokenRole { Name = "r" }, false));
        Assert.Equal("app", Decide("", false, "app,default", new TokenRole { Name = "r", TokenNoDefaultPolicy = true }, false));
    }

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", false)]
    [InlineData("*", "", true)]
    [InlineData("a*", "a", true)]
    [InlineData("*a", "ba", true)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("ab*ba", "aba", false)]
    [InlineData("a**c", "abc", true)]
    public void A_star_stands_for_any_text(string pattern, string name, bool matches) => Assert.Equal(matches, PolicyGlob.Matches(pattern, name));

    private static string Decide(string asked, bool noDefault, string parent, TokenRole? role, bool sudo)
    {
        var outcome = TokenPolicyRules.Decide(List(asked), noDefault, List(parent), role, sudo);
        return outcome.Succeeded ? string.Join(',', outcome.Value) : outcome.Failure.Code;
    }

    private static string[] List(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
