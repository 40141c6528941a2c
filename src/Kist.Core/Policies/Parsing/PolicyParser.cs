using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parsing;

/// <summary>Reads policies from HCL or JSON. Nothing is ignored: an unknown field or capability is an error.</summary>
public static class PolicyParser
{
    /// <summary>
    /// Parses a policy. The failure (<c>policy.invalid</c>) names every fault on a line of its own:
    /// <c>policy "app": line 4: unknown capability "raed" (did you mean "read"?)</c>.
    /// </summary>
    /// <param name="name">For the messages and the result.</param>
    /// <param name="text">HCL, or JSON when it starts with <c>{</c>; at most <see cref="HclDocument.MaxLength"/> characters.</param>
    public static Outcome<Policy> Parse(string name, string text)
    {
        var faults = new PolicyFaults($"policy \"{name}\"", "policy.invalid");
        var rules = new List<PolicyRule>();
        try
        {
            Read(name, HclDocument.Parse(text).Root, rules, faults);
        }
        catch (HclException e)
        {
            faults.Add(e);
        }
        return faults.Any ? faults.ToFailure() : new Policy(name, text, rules, faults.Warnings);
    }

    private static void Read(string policy, HclObject root, List<PolicyRule> rules, PolicyFaults faults)
    {
        foreach (var item in root.Items)
        {
            switch (item.Key.Text)
            {
                case "path":
                    foreach (var block in Blocks(item, faults))
                    {
                        if (RuleParser.Parse(policy, block, faults) is { } rule)
                            rules.Add(rule);
                    }
                    break;
                case "name" when item.Value is HclString:
                    break;
                case "name":
                    faults.Add(item.Value.Position, $"\"name\" must be a string, found {item.Value.Noun}");
                    break;
                case var other:
                    faults.Add(item.Position, $"unknown field \"{other}\" in a policy{HclSuggestion.For(other, ["path", "name"])}");
                    break;
            }
        }
    }

    private static IReadOnlyList<HclBlock> Blocks(HclItem item, PolicyFaults faults)
    {
        try
        {
            return item.Blocks(1);
        }
        catch (HclException e)
        {
            faults.Add(e.Position, e.Reason);
            return [];
        }
    }
}
