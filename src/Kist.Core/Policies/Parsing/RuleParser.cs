using Kist.Core.Identity;
using Kist.Core.Policies.Matching;
using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parsing;

/// <summary>Reads one path block.</summary>
internal static class RuleParser
{
    private static readonly string[] Fields =
    [
        "capabilities", "policy", "allowed_parameters", "denied_parameters", "required_parameters",
        "min_wrapping_ttl", "max_wrapping_ttl", "conditions", "comment",
    ];

    // From before there were capabilities.
    private static readonly Dictionary<string, Capabilities> Shorthands = new(StringComparer.Ordinal)
    {
        ["deny"] = Capabilities.Deny,
        ["read"] = Capabilities.Read | Capabilities.List,
        ["write"] = Capabilities.Create | Capabilities.Read | Capabilities.Update | Capabilities.Delete | Capabilities.List,
        ["sudo"] = Capabilities.Create | Capabilities.Read | Capabilities.Update | Capabilities.Delete | Capabilities.List | Capabilities.Sudo,
    };

    /// <summary>The rule, or null when its path is no pattern. Faults go to <paramref name="faults"/>.</summary>
    public static PolicyRule? Parse(string policy, HclBlock block, PolicyFaults faults)
    {
        var fields = new FieldReader(block.Body, Fields, "in a path block", faults);
        var capabilities = ReadCapabilities(block, fields, faults);
        var conditions = ConditionParser.Parse(fields, faults);
        var grant = ReadGrant(policy, block, capabilities, fields, faults);
        _ = fields.String("comment");
        if (fields.Find("conditions") is { } item && grant.IsDeny)
            faults.Add(item.Position, "\"conditions\" beside \"deny\" would end the denial when they do not hold; give them to what is allowed");
        return ReadPattern(block, grant, faults) is { } pattern ? new PolicyRule(pattern, grant, conditions) : null;
    }

    private static PathPattern? ReadPattern(HclBlock block, Grant grant, PolicyFaults faults)
    {
        var label = block.Labels[0];
        var text = label.Text.StartsWith('/') ? label.Text[1..] : label.Text;
        if (PathPattern.Fault(text) is { } fault)
        {
            faults.Add(label.Position, fault);
            return null;
        }
        var pattern = new PathPattern(text);
        if (pattern.IsTemplated && grant.IsDeny)
            faults.Add(label.Position, "a path with a template cannot be denied: while the template has no value the rule would deny nothing");
        if (PathTemplate.Parameters(text).FirstOrDefault(p => !TemplateValues.IsKnown(p)) is { } unknown)
            faults.Warn(label.Position, $"path \"{text}\" matches nothing: no identity has a value for \"{{{{{unknown}}}}}\"");
        if (pattern.Literal.Contains('*', StringComparison.Ordinal))
            faults.Warn(label.Position, $"path \"{text}\": \"*\" is a wildcard only at the end, elsewhere it stands for itself");
        if (pattern.Literal.Split('/').Any(s => s.Length > 1 && s.Contains('+', StringComparison.Ordinal)))
            faults.Warn(label.Position, $"path \"{text}\": \"+\" is a wildcard only as a whole segment, elsewhere it stands for itself");
        return pattern;
    }

    private static Capabilities ReadCapabilities(HclBlock block, FieldReader fields, PolicyFaults faults)
    {
        var capabilities = Capabilities.None;
        foreach (var name in fields.Strings("capabilities"))
        {
            if (CapabilityNames.TryParse(name.Text, out var capability))
                capabilities |= capability;
            else
                faults.Add(name.Position, $"unknown capability \"{name.Text}\"{HclSuggestion.For(name.Text, CapabilityNames.All)}");
        }
        if (fields.String("policy") is { } shorthand)
        {
            if (Shorthands.TryGetValue(shorthand.Text, out var meant))
                capabilities |= meant;
            else
                faults.Add(shorthand.Position, $"unknown policy \"{shorthand.Text}\" (use deny, read, write or sudo, or better \"capabilities\")");
        }
        if (fields.Find("capabilities") is null && fields.Find("policy") is null)
            faults.Add(block.Position, $"path \"{block.Labels[0].Text}\" has no \"capabilities\"");
        return capabilities;
    }

    private static Grant ReadGrant(string policy, HclBlock block, Capabilities capabilities, FieldReader fields, PolicyFaults faults)
    {
        var min = fields.Duration("min_wrapping_ttl");
        var max = fields.Duration("max_wrapping_ttl");
        if (max > TimeSpan.Zero && max < min)
            faults.Add(block.Position, "\"max_wrapping_ttl\" is less than \"min_wrapping_ttl\"");
        return new Grant(policy, capabilities, ParameterParser.Parse(fields, faults), min, max);
    }
}
