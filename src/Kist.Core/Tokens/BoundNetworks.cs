using System.Net;

namespace Kist.Core.Tokens;

/// <summary>The client networks that a token or a login is bound to.</summary>
public sealed class BoundNetworks
{
    private readonly IPNetwork[] networks;
    private readonly bool all;

    private BoundNetworks(IPNetwork[] networks, bool all)
    {
        this.networks = networks;
        this.all = all;
    }

    /// <summary>No bound: every client, also one without an address.</summary>
    public static BoundNetworks All { get; } = new([], all: true);

    /// <summary>
    /// From networks in CIDR form or single addresses. One that cannot be read includes nobody: a bound is never loosened by a fault.
    /// </summary>
    public static BoundNetworks Of(IReadOnlyList<string> cidrs) =>
        cidrs.Count == 0 ? All : new([.. cidrs.SelectMany(c => TryParse(c, out var network) ? [network] : Array.Empty<IPNetwork>())], all: false);

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>2001:db8::/32</c> or a single address; an IPv4-mapped IPv6 form means the IPv4 network.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network))
        {
            if (network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= 96)
                network = new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - 96);
            return true;
        }
        if (!IPAddress.TryParse(text, out var address))
            return false;
        address = Unmapped(address);
        network = new IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    /// <summary>True when a network includes the client; an unknown address is in none.</summary>
    public bool Contain(IPAddress? client)
    {
        if (all)
            return true;
        if (client is null)
            return false;
        var address = Unmapped(client);
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }
        return false;
    }

    /// <summary>True when every address that these networks include is in a network of <paramref name="outer"/>.</summary>
    public bool IsWithin(BoundNetworks outer) => outer.all || (!all && Array.TrueForAll(networks, n => Array.Exists(outer.networks, o => Includes(o, n))));

    private static bool Includes(IPNetwork outer, IPNetwork inner) => outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
