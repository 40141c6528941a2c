using System.Net;
using Kist.Core.Policies.Conditions;

namespace Kist.Core.Policies.Matching;

/// <summary>All blocks of a token's policies for one pattern.</summary>
internal sealed class AclRule
{
    private const int MostWordsOnStack = 128;

    private readonly Grant always;
    private readonly (RuleConditions Conditions, Grant Grant)[] sometimes;

    // The answer to the last request: the next one usually meets the same conditions. A race loses one, which is made again.
    private Resolved? last;

    public AclRule(PathPattern pattern, IEnumerable<PolicyRule> blocks)
    {
        Pattern = pattern;
        var unconditional = new List<Grant>();
        var conditional = new List<(RuleConditions, Grant)>();
        foreach (var block in blocks)
        {
            if (block.Conditions is { } conditions)
                conditional.Add((conditions, block.Grant));
            else
                unconditional.Add(block.Grant);
        }
        always = Grant.Merge(unconditional);
        // A denied path stays denied whatever else holds.
        sometimes = always.IsDeny ? [] : [.. conditional];
    }

    public PathPattern Pattern { get; }

    /// <summary>True when some request at some time is allowed something.</summary>
    public bool CanGrant => always.Capabilities is not (Capabilities.None or Capabilities.Deny) || sometimes.Length > 0;

    /// <summary>
    /// What the blocks grant whose conditions hold, together. The conditions are checked each time; blocks are merged only when others hold than at
    /// the last request.
    /// </summary>
    /// <param name="address">The client's address; unknown ones are in no network.</param>
    /// <param name="now">The current time.</param>
    /// <param name="unmet">True when some block's conditions did not hold.</param>
    public Grant Resolve(IPAddress? address, DateTimeOffset now, out bool unmet)
    {
        unmet = false;
        if (sometimes.Length == 0)
            return always;
        var words = (sometimes.Length + 63) / 64;
        Span<ulong> holding = words <= MostWordsOnStack ? stackalloc ulong[words] : new ulong[words];
        holding.Clear();
        for (var i = 0; i < sometimes.Length; i++)
        {
            if (sometimes[i].Conditions.Hold(address, now))
                holding[i / 64] |= 1UL << (i % 64);
            else
                unmet = true;
        }
        if (Volatile.Read(ref last) is { } known && holding.SequenceEqual(known.Holding))
            return known.Grant;
        var next = new Resolved(holding.ToArray(), Merge(holding));
        Volatile.Write(ref last, next);
        return next.Grant;
    }

    private Grant Merge(ReadOnlySpan<ulong> holding)
    {
        var grants = new List<Grant> { always };
        for (var i = 0; i < sometimes.Length; i++)
        {
            if ((holding[i / 64] & (1UL << (i % 64))) != 0)
                grants.Add(sometimes[i].Grant);
        }
        return Grant.Merge(grants);
    }

    /// <summary>What was resolved.</summary>
    /// <param name="Holding">A bit for each conditional block.</param>
    /// <param name="Grant">Those that hold and the unconditional ones together.</param>
    private sealed record Resolved(ulong[] Holding, Grant Grant);
}
