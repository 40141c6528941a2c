using Kist.Core.Pipeline;
using Kist.Core.Policies.Parameters;

namespace Kist.Core.Policies;

/// <summary>What one rule, or several rules of the same path together, allow.</summary>
/// <param name="Capabilities">Granted operations; <see cref="Capabilities.Deny"/> alone when denied.</param>
/// <param name="Parameters">Constraints on the request's parameters, or null.</param>
/// <param name="MinWrapping">Shortest wrapping of the answer; zero without such a bound. A bound means that the answer must be wrapped.</param>
/// <param name="MaxWrapping">Longest wrapping of the answer; zero without such a bound.</param>
internal sealed record Grant(Capabilities Capabilities, ParameterRules? Parameters, TimeSpan MinWrapping, TimeSpan MaxWrapping)
{
    public static Grant Nothing { get; } = new(Capabilities.None, null, TimeSpan.Zero, TimeSpan.Zero);

    public static Grant Deny { get; } = Nothing with { Capabilities = Capabilities.Deny };

    public bool IsDeny => Has(Capabilities.Deny);

    public bool HasSudo => Has(Capabilities.Sudo);

    public bool Allows(Operation operation) => Has(CapabilityNames.For(operation));

    /// <summary>
    /// Both together: deny wins, capabilities add up, constraints on parameters add up, and of two wrapping bounds the shorter counts.
    /// </summary>
    public Grant Merge(Grant other)
    {
        if (IsDeny || other.IsDeny)
            return Deny;
        return new Grant(
            Capabilities | other.Capabilities,
            ParameterRules.Merge(Parameters, other.Parameters),
            Shorter(MinWrapping, other.MinWrapping),
            Shorter(MaxWrapping, other.MaxWrapping));
    }

    /// <summary>Whether the wrapping that the request asks for keeps the bounds. Bounds that merging made contradictory allow nothing.</summary>
    public bool AllowsWrapping(TimeSpan? asked)
    {
        if (MinWrapping == TimeSpan.Zero && MaxWrapping == TimeSpan.Zero)
            return true;
        return asked is { } ttl && ttl >= MinWrapping && (MaxWrapping == TimeSpan.Zero || ttl <= MaxWrapping);
    }

    private bool Has(Capabilities capability) => (Capabilities & capability) != Capabilities.None;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b)
    {
        if (a == TimeSpan.Zero || b == TimeSpan.Zero)
            return a == TimeSpan.Zero ? b : a;
        return a < b ? a : b;
    }
}
