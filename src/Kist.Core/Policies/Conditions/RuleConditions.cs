using System.Net;

namespace Kist.Core.Policies.Conditions;

/// <summary>When and from where a block grants anything. All that are given must hold, at each request.</summary>
/// <param name="Networks">The client's address is in one of them; empty for any.</param>
/// <param name="Schedule">Days and hours, or null for always.</param>
/// <param name="NotAfter">The last moment, or null.</param>
internal sealed record RuleConditions(IReadOnlyList<IPNetwork> Networks, Schedule? Schedule, DateTimeOffset? NotAfter)
{
    public bool Hold(IPAddress? address, DateTimeOffset now) =>
        (NotAfter is not { } end || now <= end)
        && (Networks.Count == 0 || InNetwork(address))
        && (Schedule is null || Schedule.Includes(now));

    private bool InNetwork(IPAddress? address)
    {
        if (address is null)
            return false;
        // A listener on both families sees IPv4 clients in this form.
        var client = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        // Not by foreach, which allocates for an interface, at each request and for each block.
        for (var i = 0; i < Networks.Count; i++)
        {
            if (Networks[i].Contains(client))
                return true;
        }
        return false;
    }
}
