using System.Net;
using Kist.Core.Pipeline;
using Kist.Core.Policies.Matching;
using Kist.Core.Policies.Parameters;

namespace Kist.Core.Policies;

/// <summary>
/// The compiled policies of a token. Immutable and thread-safe. For each request the most specific matching pattern of all policies decides alone;
/// what several
/// policies say about the same pattern adds up.
/// </summary>
public sealed class Acl
{
    private static readonly string[] RootPolicy = [PolicyName.Root];

    private readonly RuleIndex? rules;

    private Acl(RuleIndex? rules) => this.rules = rules;

    /// <summary>The policy <c>root</c>: everything is allowed.</summary>
    public static Acl Root { get; } = new(null);

    /// <summary>No policy: nothing is allowed.</summary>
    public static Acl Empty { get; } = Compile([]);

    /// <summary>True for the policy <c>root</c>.</summary>
    public bool IsRoot => rules is null;

    /// <summary>Compiles policies.</summary>
    /// <param name="policies">The policies.</param>
    /// <param name="values">
    /// The values of templates, null for a parameter that has none. Rules whose templates have no value are left out: they match nothing. So are all templated
    /// ones without an identity entity, which null stands for.
    /// </param>
    public static Acl Compile(IReadOnlyList<Policy> policies, Func<string, string?>? values = null)
    {
        var byPattern = policies.SelectMany(p => p.Rules)
            .Select(rule => (Pattern: PatternOf(rule, values), Rule: rule))
            .Where(filled => filled.Pattern is not null)
            .GroupBy(filled => (filled.Pattern!.Literal, filled.Pattern.EndsInGlob));
        return new Acl(new RuleIndex([.. byPattern.Select(g => new AclRule(g.First().Pattern!, g.Select(filled => filled.Rule)))]));
    }

    /// <summary>Decides about one request.</summary>
    public AclDecision Check(in AclQuery query)
    {
        if (rules is null)
            return new AclDecision(AclReason.Granted, HasSudo: true, RootPolicy);
        if (Find(query.Path, query.Operation is Operation.List or Operation.Scan) is not { } rule)
            return new AclDecision(AclReason.NoRule, HasSudo: false, []);
        var grant = rule.Resolve(query.ClientAddress, query.Now, out var unmet);
        var reason = Decide(grant, unmet, query);
        return new AclDecision(reason, grant.HasSudo, reason == AclReason.Granted ? grant.PoliciesFor(query.Operation) : []);
    }

    /// <summary>What the policies grant at a path: names in alphabetical order, <c>deny</c> when nothing, <c>root</c> for the policy root.</summary>
    /// <param name="path">As in a request; a trailing slash finds rules for the folder's name too.</param>
    /// <param name="address">The address for conditions, or null when unknown.</param>
    /// <param name="now">The time for conditions.</param>
    public IReadOnlyList<string> Capabilities(string path, IPAddress? address, DateTimeOffset now)
    {
        if (rules is null)
            return ["root"];
        var grant = Find(path, folder: true)?.Resolve(address, now, out _) ?? Grant.Nothing;
        return CapabilityNames.Of(grant.Capabilities);
    }

    /// <summary>
    /// Whether some rule can grant something at or below a mount. For listings of mounts: it may say yes too often, never no wrongly.
    /// </summary>
    /// <param name="mountPath">Ends in a slash.</param>
    public bool TouchesMount(string mountPath) => rules is null || rules.CanGrantBelow(mountPath);

    private static PathPattern? PatternOf(PolicyRule rule, Func<string, string?>? values)
    {
        if (!rule.IsTemplated)
            return rule.Pattern;
        return values is null ? null : PathTemplate.Fill(rule.Pattern, values);
    }

    private AclRule? Find(string path, bool folder)
    {
        // Paths come normalised; a slash that slipped through must not turn a deny rule off.
        var relative = path.StartsWith('/') ? path.AsSpan().TrimStart('/') : path;
        return rules!.Find(relative, folder);
    }

    private static AclReason Decide(Grant grant, bool unmet, in AclQuery query)
    {
        if (grant.IsDeny)
            return AclReason.DenyRule;
        if (!grant.Allows(query.Operation))
            return unmet ? AclReason.ConditionsNotMet : AclReason.MissingCapability;
        if (!grant.AllowsWrapping(query.WrapTtl))
            return AclReason.Wrapping;
        if (grant.Parameters is not { } constraints || query.Operation is Operation.List or Operation.Scan or Operation.Delete)
            return AclReason.Granted;
        return RequestParameters.From(query.Body, query.Query, constraints) is { } parameters && constraints.Permit(parameters)
            ? AclReason.Granted
            : AclReason.Parameters;
    }
}
