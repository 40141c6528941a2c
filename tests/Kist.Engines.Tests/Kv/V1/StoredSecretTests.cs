using System.Text;
using Kist.Engines.Kv.V1;

namespace Kist.Engines.Tests.Kv.V1;

public sealed class StoredSecretTests
{
    // Bytes that a released program may have written: they never change.
    [Theory]
    [InlineData(null, "01" + "ffffffffffffffff" + "7b2261223a317d")]
    [InlineData(0, "01" + "0000000000000000" + "7b2261223a317d")]
    [InlineData(3600, "01" + "0000000000000e10" + "7b2261223a317d")]
    public void Has_the_agreed_bytes(int? seconds, string hex)
    {
        TimeSpan? lifetime = seconds is { } s ? TimeSpan.FromSeconds(s) : null;
        var secret = new StoredSecret(lifetime, Encoding.UTF8.GetBytes("""{"a":1}"""));
        Assert.Equal(hex, Convert.ToHexStringLower(secret.ToBytes()));

        var parsed = StoredSecret.Parse(Convert.FromHexString(hex));
        Assert.Equal(lifetime, parsed.Lifetime);
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(parsed.Data.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01000000000000")]
    [InlineData("02" + "0000000000000000" + "7b7d")]
    public void Refuses_another_layout(string hex) => Assert.Throws<InvalidDataException>(() => StoredSecret.Parse(Convert.FromHexString(hex)));
}
