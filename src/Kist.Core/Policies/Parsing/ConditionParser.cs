using System.Globalization;
using System.Net;
using Kist.Core.Policies.Conditions;
using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parsing;

/// <summary>Reads a <c>conditions</c> block.</summary>
internal static class ConditionParser
{
    private static readonly string[] Fields = ["cidrs", "days", "hours", "time_zone", "not_after"];

    private static readonly string[] MomentFormats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>The conditions of a path block, or null when it has none.</summary>
    public static RuleConditions? Parse(FieldReader rule, PolicyFaults faults)
    {
        if (rule.Find("conditions") is not { } item)
            return null;
        var blocks = rule.Blocks("conditions");
        if (blocks.Count != 1)
        {
            if (blocks.Count > 1)
                faults.Add(item.Position, "\"conditions\" is given twice");
            else if (item.Value is HclList)
                faults.Add(item.Position, "\"conditions\" is empty");
            return null;
        }
        var fields = new FieldReader(blocks[0].Body, Fields, "in conditions", faults);
        foreach (var field in blocks[0].Body.Items.Where(i => i.Value is HclList { Elements.Count: 0 }))
            faults.Add(field.Position, $"\"{field.Key.Text}\" is empty, so the conditions could never hold");
        if (blocks[0].Body.Items.Count == 0)
            faults.Add(item.Position, "\"conditions\" is empty");
        return new RuleConditions(ReadNetworks(fields, faults), ScheduleParser.Parse(fields, faults), ReadMoment(fields, faults));
    }

    private static List<IPNetwork> ReadNetworks(FieldReader fields, PolicyFaults faults)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in fields.Strings("cidrs"))
        {
            if (ReadNetwork(text.Text, out var fault) is { } network)
                networks.Add(network);
            else
                faults.Add(text.Position, fault);
        }
        return networks;
    }

    private static IPNetwork? ReadNetwork(string text, out string fault)
    {
        fault = $"\"{text}\" is not a network such as \"10.0.0.0/8\" or an address";
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address) || text.Contains('%', StringComparison.Ordinal))
            return null;
        var bits = address.GetAddressBytes().Length * 8;
        var length = bits;
        if (slash >= 0 && !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits)
            return null;
        if (address.IsIPv4MappedToIPv6)
        {
            fault = $"\"{text}\" is an IPv4 network in IPv6 form; write it as IPv4";
            return null;
        }
        var start = Mask(address, length);
        if (start.Equals(address))
            return new IPNetwork(address, length);
        fault = $"\"{text}\" has bits beyond its length (did you mean \"{start}/{length}\"?)";
        return null;
    }

    private static IPAddress Mask(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] &= (byte)(0xff << (8 - Math.Clamp(length - i * 8, 0, 8)));
        return new IPAddress(bytes);
    }

    private static DateTimeOffset? ReadMoment(FieldReader fields, PolicyFaults faults)
    {
        if (fields.String("not_after") is not { } text)
            return null;
        // Without an offset the moment would depend on the server's time zone.
        var hasOffset = text.Text.EndsWith('Z') || text.Text.LastIndexOfAny(['+', '-']) > text.Text.IndexOf('T', StringComparison.Ordinal);
        if (hasOffset && DateTimeOffset.TryParseExact(text.Text, MomentFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment))
            return moment;
        faults.Add(text.Position, "\"not_after\" must be a moment such as \"2026-12-31T18:00:00Z\" or \"2026-12-31T18:00:00+01:00\"");
        return null;
    }
}
