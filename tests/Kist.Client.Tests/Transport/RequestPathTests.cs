using FsCheck;
using FsCheck.Fluent;
using Kist.Client.Settings;

namespace Kist.Client.Tests.Transport;

public sealed class RequestPathTests
{
    [Theory]
    [InlineData("secret/data/app", "v1/secret/data/app")]
    [InlineData("/secret/data/app", "v1/secret/data/app")]
    [InlineData("secret/metadata/", "v1/secret/metadata/")]
    [InlineData("secret/a b", "v1/secret/a%20b")]
    [InlineData("secret/50%25", "v1/secret/50%2525")]
    [InlineData("secret/a?b#c", "v1/secret/a%3Fb%23c")]
    [InlineData("secret/é", "v1/secret/%C3%A9")]
    public void Every_character_of_a_name_survives(string path, string target) => Assert.Equal(target, ApiRequest.Read(path).Target);

    [Theory]
    [InlineData("secret/../sys/seal")]
    [InlineData("secret/./x")]
    [InlineData("..")]
    public void Dots_that_would_lead_elsewhere_are_refused(string path) => Assert.Throws<SettingException>(() => ApiRequest.Read(path).Target);

    [Fact]
    public void A_query_is_escaped() =>
        Assert.Equal("v1/p?list=true", ApiRequest.List("p").Target);

    [Fact]
    public void Parameters_keep_their_order_and_characters() =>
        Assert.Equal("v1/p?b=%26x&a=%3D", ApiRequest.Read("p", KeyValuePair.Create("b", "&x"), KeyValuePair.Create("a", "=")).Target);

    [Fact]
    public void A_url_names_the_path_that_was_asked_for() => Prop.ForAll(
        Gen.NonEmptyListOf(Gen.NonEmptyListOf(Gen.Elements("ab.%?#&é ~:@\\\"<>^".ToCharArray())).Select(c => new string([.. c]))).ToArbitrary(),
        segments =>
        {
            if (segments.Any(s => s is "." or ".."))
                return true;
            var url = new Uri(ServerAddress.Default.Root, ApiRequest.Read(string.Join('/', segments)).Target);
            return url.Segments.Skip(2).Select(s => Uri.UnescapeDataString(s.TrimEnd('/'))).SequenceEqual(segments);
        }).QuickCheckThrowOnFailure();
}
