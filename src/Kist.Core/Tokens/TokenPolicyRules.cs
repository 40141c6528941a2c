namespace Kist.Core.Tokens;

/// <summary>Which policies a new token gets: those asked for, as far as parent or role allow. The rules and words are Vault's.</summary>
internal static class TokenPolicyRules
{
    private const string Root = "root";
    private const string Default = "default";
    private static readonly string[] NotAssignable = ["response-wrapping", "control-group"];

    /// <summary>Decides.</summary>
    /// <param name="asked">What the request asks for; empty for the role's or parent's.</param>
    /// <param name="noDefault">True when <c>default</c> is not wanted.</param>
    /// <param name="parent">Policies of the token that creates.</param>
    /// <param name="role">The token role, or null.</param>
    /// <param name="sudo">True when the creating token has <c>sudo</c> on the path.</param>
    public static Outcome<IReadOnlyList<string>> Decide(
        IReadOnlyList<string> asked, bool noDefault, IReadOnlyList<string> parent, TokenRole? role, bool sudo)
    {
        noDefault |= role is { TokenNoDefaultPolicy: true };
        var decided = role is { RestrictsPolicies: true } ? ByRole(asked, noDefault, parent, role) : ByParent(asked, noDefault, parent, sudo);
        if (!decided.Succeeded)
            return decided.Failure;
        IReadOnlyList<string> policies = noDefault ? [.. decided.Value.Where(p => p != Default)] : decided.Value;
        if (NotAssignableIn(policies) is { } reserved)
            return Failure.Invalid("token.policy_not_assignable", $"cannot assign policy \"{reserved}\"");
        if (policies.Contains(Root, StringComparer.Ordinal) && !parent.Contains(Root, StringComparer.Ordinal))
            return Failure.Invalid("token.root_needs_root", "root tokens may not be created without parent token being root");
        return new(policies);
    }

    /// <summary>A policy that no token is given by name; null when there is none.</summary>
    public static string? NotAssignableIn(IReadOnlyList<string> policies) =>
        policies.FirstOrDefault(p => NotAssignable.Contains(p, StringComparer.Ordinal));

    /// <summary>Names as they are stored: lower case, without repeats and blanks, in the order given.</summary>
    public static IReadOnlyList<string> Names(IReadOnlyList<string> policies) =>
        [.. policies.Select(p => p.Trim().ToLowerInvariant()).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Lower case, sorted, without repeats and blanks; <c>root</c> stands alone.</summary>
    public static IReadOnlyList<string> Sanitize(IEnumerable<string> policies, bool addDefault)
    {
        var set = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var policy in policies)
        {
            var name = policy.Trim().ToLowerInvariant();
            if (name.Length > 0)
                set.Add(name);
        }
        if (set.Contains(Root))
            return [Root];
        if (addDefault)
            set.Add(Default);
        return [.. set];
    }

    private static Outcome<IReadOnlyList<string>> ByParent(IReadOnlyList<string> asked, bool noDefault, IReadOnlyList<string> parent, bool sudo)
    {
        if (asked.Count == 0)
            return new(Sanitize(parent, addDefault: false));
        if (sudo)
            return new(Sanitize(asked, addDefault: !noDefault));
        return Sanitize(asked, addDefault: false).All(p => parent.Contains(p, StringComparer.Ordinal))
            ? new Outcome<IReadOnlyList<string>>(Sanitize(asked, addDefault: !noDefault && parent.Contains(Default, StringComparer.Ordinal)))
            : Failure.Invalid("token.policies_exceed_parent", "child policies must be subset of parent");
    }

    // A role with lists of its own replaces the rule that a child may not exceed its parent.
    private static Outcome<IReadOnlyList<string>> ByRole(IReadOnlyList<string> asked, bool noDefault, IReadOnlyList<string> parent, TokenRole role)
    {
        var addDefault = !noDefault && !role.Disallows(Default);
        var allowed = Sanitize(role.AllowedPolicies, addDefault);
        IReadOnlyList<string> policies;
        if (asked.Count > 0)
            policies = Sanitize(asked, addDefault);
        else
            policies = role.LimitsAllowed ? allowed : Sanitize(parent, addDefault);

        var extra = policies.FirstOrDefault(p => !allowed.Contains(p, StringComparer.Ordinal) && !PolicyGlob.AnyMatches(role.AllowedPoliciesGlob, p));
        if (role.LimitsAllowed && extra is not null)
            return ExceedsRole(extra, allowed, role.AllowedPoliciesGlob);
        return policies.FirstOrDefault(role.Disallows) is { } disallowed
            ? Failure.Invalid("token.policy_disallowed", $"token policy \"{disallowed}\" is disallowed by this role")
            : new Outcome<IReadOnlyList<string>>(policies);
    }

    private static Failure ExceedsRole(string policy, IReadOnlyList<string> allowed, IReadOnlyList<string> globs) => Failure.Invalid(
        "token.policies_exceed_role",
        $"token policies must be subset of the role's allowed policies ({Join(allowed)}) or glob policies ({Join(globs)}): \"{policy}\" is not");

    private static string Join(IReadOnlyList<string> names) => string.Join(", ", names.Select(n => $"\"{n}\""));
}

/// <summary>Name patterns in which <c>*</c> stands for any text.</summary>
internal static class PolicyGlob
{
    public static bool AnyMatches(IReadOnlyList<string> patterns, string name) => patterns.Any(pattern => Matches(pattern, name));

    /// <summary>Linear in time for each <c>*</c>: the parts between them are found from left to right.</summary>
    public static bool Matches(string pattern, string name)
    {
        var parts = pattern.Split('*');
        if (parts.Length == 1)
            return string.Equals(pattern, name, StringComparison.Ordinal);
        if (name.Length < parts[0].Length + parts[^1].Length
            || !name.StartsWith(parts[0], StringComparison.Ordinal)
            || !name.EndsWith(parts[^1], StringComparison.Ordinal))
            return false;
        var rest = name.AsSpan(parts[0].Length, name.Length - parts[0].Length - parts[^1].Length);
        foreach (var part in parts.AsSpan(1, parts.Length - 2))
        {
            var at = rest.IndexOf(part, StringComparison.Ordinal);
            if (at < 0)
                return false;
            rest = rest[(at + part.Length)..];
        }
        return true;
    }
}
