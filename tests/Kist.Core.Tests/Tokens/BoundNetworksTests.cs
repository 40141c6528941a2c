using Kist.Core.Tokens;

namespace Kist.Core.Tests.Tokens;

public sealed class BoundNetworksTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8", true)]
    [InlineData("10.1.0.0/16", "10.0.0.0/8", true)]
    [InlineData("10.1.2.3", "10.0.0.0/8", true)]
    [InlineData("10.1.2.3,11.0.0.1", "10.0.0.0/8,11.0.0.0/8", true)]
    [InlineData("::ffff:10.1.2.3", "10.0.0.0/8", true)]
    [InlineData("2001:db8:1::/48", "2001:db8::/32", true)]
    [InlineData("10.0.0.0/7", "10.0.0.0/8", false)]
    [InlineData("10.1.2.3,12.0.0.1", "10.0.0.0/8,11.0.0.0/8", false)]
    [InlineData("0.0.0.0/0", "10.0.0.0/8", false)]
    [InlineData("::/0", "0.0.0.0/0", false)]
    [InlineData("10.0.0.1", "::/0", false)]
    [InlineData("", "10.0.0.0/8", false)]
    [InlineData("10.0.0.0/8", "", true)]
    [InlineData("", "", true)]
    public void Networks_lie_within_others_when_these_include_each_of_their_addresses(string inner, string outer, bool within) =>
        Assert.Equal(within, BoundNetworks.Of(Parts(inner)).IsWithin(BoundNetworks.Of(Parts(outer))));

    private static string[] Parts(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
