namespace Kist.Crypto.Tests;

public class GaloisFieldTests
{
    private static readonly byte[] All = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    [Fact]
    public void Products_of_the_AES_standard_hold()
    {
        // FIPS 197, section 4.2: {57} x {83} = {c1}, {57} x {13} = {fe}, {53} and {ca} are inverse.
        Assert.Equal(0xc1, GaloisField.Multiply(0x57, 0x83));
        Assert.Equal(0xfe, GaloisField.Multiply(0x57, 0x13));
        Assert.Equal(0xca, GaloisField.Inverse(0x53));
    }

    [Fact]
    public void Multiplication_is_commutative_with_neutral_one_and_absorbing_zero()
    {
        foreach (var a in All)
        {
            Assert.Equal(a, GaloisField.Multiply(a, 1));
            Assert.Equal(0, GaloisField.Multiply(a, 0));
            Assert.Equal(All.Select(other => GaloisField.Multiply(a, other)), All.Select(other => GaloisField.Multiply(other, a)));
        }
    }

    [Fact]
    public void Multiplication_is_associative_and_distributes_over_addition_for_all_triples()
    {
        var product = new byte[256, 256];
        foreach (var a in All)
        {
            foreach (var b in All)
                product[a, b] = GaloisField.Multiply(a, b);
        }
        var faults = 0;
        foreach (var a in All)
        {
            foreach (var b in All)
            {
                foreach (var c in All)
                {
                    if (product[product[a, b], c] != product[a, product[b, c]] || product[a, b ^ c] != (product[a, b] ^ product[a, c]))
                        faults++;
                }
            }
        }
        Assert.Equal(0, faults);
    }

    [Fact]
    public void Every_element_but_zero_has_its_own_inverse()
    {
        Assert.Equal(0, GaloisField.Inverse(0));
        Assert.All(All.Skip(1), a => Assert.Equal(1, GaloisField.Multiply(a, GaloisField.Inverse(a))));
        Assert.Equal(256, All.Select(GaloisField.Inverse).Distinct().Count());
    }

    [Fact]
    public void Three_generates_every_element_but_zero()
    {
        var powers = new HashSet<byte>();
        byte power = 1;
        while (powers.Add(power))
            power = GaloisField.Multiply(power, 3);
        Assert.Equal(255, powers.Count);
    }
}
