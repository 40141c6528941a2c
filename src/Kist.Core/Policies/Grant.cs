using Kist.Core.Pipeline;
using Kist.Core.Policies.Parameters;

namespace Kist.Core.Policies;

/// <summary>What one block, or several blocks of the same path together, allow. Immutable.</summary>
internal sealed class Grant
{
    private static readonly int Operations = Enum.GetValues<Operation>().Length;

    private readonly (string Policy, Capabilities Capabilities)[] sources;

    // Filled on first use; every thread would put the same there.
    private readonly IReadOnlyList<string>?[] policies = new IReadOnlyList<string>?[Operations];

    /// <summary>The grant of one block. <see cref="Capabilities.Deny"/> leaves nothing else of it.</summary>
    public Grant(string policy, Capabilities capabilities, ParameterRules? parameters, TimeSpan minWrapping, TimeSpan maxWrapping)
        : this([(policy, capabilities)], capabilities, parameters, minWrapping, maxWrapping)
    {
    }

    private Grant(
        (string, Capabilities)[] sources, Capabilities capabilities, ParameterRules? parameters, TimeSpan minWrapping, TimeSpan maxWrapping)
    {
        this.sources = sources;
        IsDeny = (capabilities & Capabilities.Deny) != Capabilities.None;
        Capabilities = IsDeny ? Capabilities.Deny : capabilities;
        Parameters = parameters;
        MinWrapping = minWrapping;
        MaxWrapping = maxWrapping;
    }

    public static Grant Nothing { get; } = new([], Capabilities.None, null, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Granted operations; <see cref="Capabilities.Deny"/> alone when denied.</summary>
    public Capabilities Capabilities { get; }

    /// <summary>Constraints on the request's parameters, or null.</summary>
    public ParameterRules? Parameters { get; }

    /// <summary>Shortest wrapping of the answer; zero without such a bound. A bound means that the answer must be wrapped.</summary>
    public TimeSpan MinWrapping { get; }

    /// <summary>Longest wrapping of the answer; zero without such a bound.</summary>
    public TimeSpan MaxWrapping { get; }

    public bool IsDeny { get; }

    public bool HasSudo => (Capabilities & Capabilities.Sudo) != Capabilities.None;

    public bool Allows(Operation operation) => (Capabilities & CapabilityNames.For(operation)) != Capabilities.None;

    /// <summary>The policies that grant an operation, in alphabetical order.</summary>
    public IReadOnlyList<string> PoliciesFor(Operation operation) => policies[(int)operation] ??= Sources(CapabilityNames.For(operation));

    /// <summary>
    /// All together: deny wins, capabilities add up, constraints on parameters add up, and of wrapping bounds the shortest counts. The work is what
    /// they hold, each once.
    /// </summary>
    public static Grant Merge(IReadOnlyList<Grant> grants) => grants.Count switch
    {
        0 => Nothing,
        1 => grants[0],
        _ => new(
            [.. grants.SelectMany(g => g.sources)],
            grants.Aggregate(Capabilities.None, (all, g) => all | g.Capabilities),
            ParameterRules.Merge([.. grants.Select(g => g.Parameters).OfType<ParameterRules>()]),
            grants.Aggregate(TimeSpan.Zero, (least, g) => Shorter(least, g.MinWrapping)),
            grants.Aggregate(TimeSpan.Zero, (least, g) => Shorter(least, g.MaxWrapping))),
    };

    /// <summary>Whether the wrapping that the request asks for keeps the bounds. Bounds that merging made contradictory allow nothing.</summary>
    public bool AllowsWrapping(TimeSpan? asked)
    {
        if (MinWrapping == TimeSpan.Zero && MaxWrapping == TimeSpan.Zero)
            return true;
        return asked is { } ttl && ttl >= MinWrapping && (MaxWrapping == TimeSpan.Zero || ttl <= MaxWrapping);
    }

    private string[] Sources(Capabilities capability) =>
        [.. sources.Where(s => s.Capabilities.HasFlag(capability)).Select(s => s.Policy).Distinct().Order(StringComparer.Ordinal)];

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b)
    {
        if (a == TimeSpan.Zero || b == TimeSpan.Zero)
            return a == TimeSpan.Zero ? b : a;
        return a < b ? a : b;
    }
}
