using System.Text;
using Kist.Core.Policies.Parsing;
using Kist.Wire.Hcl;

namespace Kist.Core.Passwords;

/// <summary>Reads password policies: <c>length</c> and <c>rule "charset"</c> blocks. Nothing is ignored: an unknown field is an error.</summary>
internal static class PasswordPolicyParser
{
    /// <summary>Longest text, in bytes of UTF-8.</summary>
    public const int MaxTextBytes = 64 * 1024;

    private static readonly string[] Fields = ["length", "rule"];
    private static readonly string[] RuleFields = ["charset", "min-chars"];

    /// <summary>
    /// Parses a policy, HCL or JSON. The failure (<c>password_policy.invalid</c>) names every fault on a line of its own:
    /// <c>password policy: line 4: unknown field "min_chars" in a rule (did you mean "min-chars"?)</c>.
    /// </summary>
    public static Outcome<PasswordPolicy> Parse(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxTextBytes)
            return new Failure(FailureKind.TooLarge, "password_policy.too_large", $"a password policy has at most {MaxTextBytes} bytes");
        var faults = new PolicyFaults("password policy", "password_policy.invalid");
        try
        {
            var policy = Read(HclDocument.Parse(text).Root, faults);
            return faults.Any ? faults.ToFailure() : policy;
        }
        catch (HclException e)
        {
            faults.Add(e);
            return faults.ToFailure();
        }
    }

    private static Outcome<PasswordPolicy> Read(HclObject root, PolicyFaults faults)
    {
        var isRule = root.Items.ToLookup(i => i.Key.Text == "rule");
        var fields = new FieldReader(new HclObject([.. isRule[false]], root.Position), Fields, "in a password policy", faults);
        var length = fields.Integer("length");
        var place = fields.Find("length")?.Value.Position ?? root.Position;
        if (fields.Find("length") is null)
            faults.Add(place, "\"length\" is missing");
        else if (length is < PasswordPolicy.MinLength or > PasswordPolicy.MaxLength)
            faults.Add(place, $"\"length\" must be from {PasswordPolicy.MinLength} to {PasswordPolicy.MaxLength}");
        var rules = isRule[true].SelectMany(i => i.Blocks(1)).Select(b => Rule(b, faults)).ToList();
        if (faults.Any || length is null)
            return faults.ToFailure();
        if (PasswordPolicy.Fault((int)length, rules) is { } fault)
            faults.Add(place, fault);
        return faults.Any ? faults.ToFailure() : PasswordPolicy.Of((int)length, rules);
    }

    private static CharsetRule Rule(HclBlock block, PolicyFaults faults)
    {
        if (block.Labels[0].Text != "charset")
            faults.Add(block.Labels[0].Position, $"unknown rule \"{block.Labels[0].Text}\"{HclSuggestion.For(block.Labels[0].Text, ["charset"])}");
        var fields = new FieldReader(block.Body, RuleFields, "in a rule", faults);
        var charset = fields.String("charset");
        if (fields.Find("charset") is null)
            faults.Add(block.Position, "the rule has no \"charset\"");
        var rule = new CharsetRule(charset?.Text ?? " ", (int)Math.Clamp(fields.Integer("min-chars") ?? 0, int.MinValue, int.MaxValue));
        if (PasswordPolicy.Fault(rule) is { } fault)
        {
            var faulty = fields.Find(rule.MinChars is < 0 or > PasswordPolicy.MaxLength ? "min-chars" : "charset");
            faults.Add(faulty?.Position ?? block.Position, fault);
        }
        return rule;
    }
}
