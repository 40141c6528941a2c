using Kist.Core.Routing.Fields;
using Kist.Crypto;

namespace Kist.Core.Tests.Routing;

public sealed class FieldTypesTests
{
    [Theory]
    [InlineData(typeof(IReadOnlyList<string>), "list of strings", "string")]
    [InlineData(typeof(IReadOnlyList<SecretText>), "list of strings (secret)", "string")]
    [InlineData(typeof(IReadOnlyList<int>), "list of numbers", "integer")]
    [InlineData(typeof(IReadOnlyList<FieldTypesTests>), "list of objects", "object")]
    public void A_list_is_described_by_what_it_holds(Type type, string name, string items)
    {
        var described = FieldTypes.Describe(type);
        Assert.Equal((name, "array", items), (described.Name, described.OpenApi, described.Items));
    }

    [Theory]
    [InlineData(typeof(SecretText), "string (secret)")]
    [InlineData(typeof(IReadOnlyDictionary<string, SecretText>), "map of strings (secret)")]
    public void What_is_secret_is_described_as_such(Type type, string name) => Assert.Equal(name, FieldTypes.Describe(type).Name);
}
