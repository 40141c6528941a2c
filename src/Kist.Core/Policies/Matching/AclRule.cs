using System.Net;
using Kist.Core.Policies.Conditions;

namespace Kist.Core.Policies.Matching;

/// <summary>All blocks of a token's policies for one pattern.</summary>
internal sealed class AclRule
{
    private readonly Grant always = Grant.Nothing;
    private readonly (RuleConditions Conditions, Grant Grant)[] sometimes;

    public AclRule(PathPattern pattern, IEnumerable<PolicyRule> blocks)
    {
        Pattern = pattern;
        var conditional = new List<(RuleConditions, Grant)>();
        foreach (var block in blocks)
        {
            if (block.Conditions is { } conditions)
                conditional.Add((conditions, block.Grant));
            else
                always = always.Merge(block.Grant);
        }
        // A denied path stays denied whatever else holds.
        sometimes = always.IsDeny ? [] : [.. conditional];
    }

    public PathPattern Pattern { get; }

    /// <summary>True when some request at some time is allowed something.</summary>
    public bool CanGrant => always.Capabilities is not (Capabilities.None or Capabilities.Deny) || sometimes.Length > 0;

    /// <summary>What the blocks grant whose conditions hold, together.</summary>
    /// <param name="address">The client's address; unknown ones are in no network.</param>
    /// <param name="now">The current time.</param>
    /// <param name="unmet">True when some block's conditions did not hold.</param>
    public Grant Resolve(IPAddress? address, DateTimeOffset now, out bool unmet)
    {
        unmet = false;
        var grant = always;
        foreach (var block in sometimes)
        {
            if (block.Conditions.Hold(address, now))
                grant = grant.Merge(block.Grant);
            else
                unmet = true;
        }
        return grant;
    }
}
