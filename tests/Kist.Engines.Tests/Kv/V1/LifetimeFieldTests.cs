using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Engines.Kv.V1;
using Kist.Engines.Tests.Kv.Json;

namespace Kist.Engines.Tests.Kv.V1;

public sealed class LifetimeFieldTests
{
    [Theory]
    [InlineData("""{"ttl":"1h"}""", 3600)]
    [InlineData("""{"a":{"ttl":"5h"},"ttl":30}""", 30)]
    [InlineData("""{"lease":"45"}""", 45)]
    [InlineData("""{"lease":10,"ttl":20}""", 20)]
    [InlineData("""{"ttl":20,"lease":10}""", 20)]
    [InlineData("""{"\u0074tl":"1m"}""", 60)]
    [InlineData("""{"ttl":0}""", 0)]
    [InlineData("""{}""", null)]
    [InlineData("""{"ttl":"soon"}""", null)]
    [InlineData("""{"ttl":"soon","lease":10}""", null)]
    [InlineData("""{"ttl":{"lease":3}}""", null)]
    [InlineData("""{"ttl":[60]}""", null)]
    [InlineData("""{"ttl":null}""", null)]
    [InlineData("""{"ttl":-5}""", null)]
    [InlineData("""{"ttl":"-5s"}""", null)]
    [InlineData("""{"ttl":99999999999}""", null)]
    [InlineData("""{"ttl":"200000h"}""", 720_000_000)]
    [InlineData("""{"ttl":"700000h"}""", null)]
    [InlineData("""{"list":["lease",{"ttl":1}],"x":1}""", null)]
    public void Finds_the_field_at_the_top(string data, int? seconds) =>
        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, LifetimeField.Find(Encoding.UTF8.GetBytes(data)));

    [Fact]
    public void Takes_any_object() =>
        Prop.ForAll(Arb.From(JsonSamples.Object), data => LifetimeField.Find(Encoding.UTF8.GetBytes(data)) is null).QuickCheckThrowOnFailure();
}
