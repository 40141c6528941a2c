using Kist.Engines.Transit.Keys;

namespace Kist.Engines.Tests.Transit.Keys;

public sealed class KeyNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("_")]
    [InlineData("7")]
    [InlineData("my-key.v2_x")]
    [InlineData("a..--b")]
    public void Names_a_key(string name) => Assert.Null(KeyName.Check(name));

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a.")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    [InlineData("schlüssel")]
    [InlineData("a/b")]
    [InlineData("a%b")]
    public void Does_not_name_a_key(string name) => Assert.Equal("transit.invalid_name", KeyName.Check(name)!.Code);

    [Fact]
    public void Has_a_longest_length()
    {
        Assert.Null(KeyName.Check(new string('a', KeyName.MaxLength)));
        Assert.NotNull(KeyName.Check(new string('a', KeyName.MaxLength + 1)));
    }
}
