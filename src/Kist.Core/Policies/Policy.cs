using Kist.Core.Policies.Conditions;
using Kist.Core.Policies.Matching;

namespace Kist.Core.Policies;

/// <summary>A parsed policy.</summary>
/// <param name="Name">Its name, as tokens refer to it.</param>
/// <param name="Text">What it was parsed from.</param>
/// <param name="Rules">Its path blocks in the order of the text; a path may occur more than once.</param>
/// <param name="Warnings">What is legal and probably not meant, each with its line.</param>
public sealed record Policy(string Name, string Text, IReadOnlyList<PolicyRule> Rules, IReadOnlyList<string> Warnings);

/// <summary>One path block of a policy.</summary>
public sealed record PolicyRule
{
    internal PolicyRule(PathPattern pattern, Grant grant, RuleConditions? conditions)
    {
        Pattern = pattern;
        Grant = grant;
        Conditions = conditions;
    }

    /// <summary>The path as written, without a leading slash.</summary>
    public string Path => Pattern.Text;

    /// <summary>What it grants; <see cref="Capabilities.Deny"/> alone when the block denies.</summary>
    public Capabilities Capabilities => Grant.Capabilities;

    /// <summary>
    /// True when the path holds identity templates (<c>{{identity.entity.id}}</c>). They have no value for a token without an entity, so the rule
    /// matches nothing.
    /// </summary>
    public bool IsTemplated => Pattern.IsTemplated;

    internal PathPattern Pattern { get; }

    internal Grant Grant { get; }

    internal RuleConditions? Conditions { get; }
}
