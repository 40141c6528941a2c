using FsCheck;
using FsCheck.Fluent;
using Kist.Api.Vault;

namespace Kist.Api.Tests.Vault;

public sealed class RequestPathTests
{
    [Theory]
    [InlineData("secret/data/a", "secret/data/a")]
    [InlineData("secret/data/a%20b", "secret/data/a b")]
    [InlineData("secret/data/%c3%a9", "secret/data/é")]
    [InlineData("secret/data/a+b", "secret/data/a+b")]
    [InlineData("secret/metadata/", "secret/metadata/")]
    [InlineData("secret/data/...", "secret/data/...")]
    [InlineData("", "")]
    public void Paths_are_decoded(string raw, string expected)
    {
        Assert.True(RequestPath.TryDecode(raw, out var path, out _));
        Assert.Equal(expected, path);
    }

    [Theory]
    [InlineData("secret/data/a%2fb", "encoded slash")]
    [InlineData("secret/data/a%2Fb", "encoded slash")]
    [InlineData("secret//a", "empty segment")]
    [InlineData("/secret", "empty segment")]
    [InlineData("secret/./a", "segment")]
    [InlineData("secret/../a", "segment")]
    [InlineData("secret/%2e%2e/a", "segment")]
    [InlineData("secret/data/..", "segment")]
    [InlineData("secret/data/%00", "control")]
    [InlineData("secret/data/%0a", "control")]
    [InlineData("secret/data/%c2%85", "control")]
    [InlineData("secret/data/%ff", "UTF-8")]
    [InlineData("secret/data/%c0%af", "UTF-8")]
    [InlineData("secret/data/%4", "escape")]
    [InlineData("secret/data/%zz", "escape")]
    public void Ambiguous_paths_are_refused(string raw, string reason)
    {
        Assert.False(RequestPath.TryDecode(raw, out _, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_paths_are_refused() => Assert.False(RequestPath.TryDecode(new string('a', RequestPath.MaxLength + 1), out _, out _));

    [Fact]
    public void Whatever_is_accepted_has_one_meaning()
    {
        var pieces = Gen.Elements("a", "/", "%2e", ".", "%2F", "%25", "%", "2f", "%e2%82%ac", "//", "%5c", " ", "%00").ArrayOf().Select(string.Concat);
        Prop.ForAll(pieces.ToArbitrary(), raw =>
            !RequestPath.TryDecode(raw, out var path, out _)
            || (!path.StartsWith('/') && !path.Contains("//") && !path.Split('/').Any(s => s is "." or "..") && !path.Any(char.IsControl)))
            .QuickCheckThrowOnFailure();
    }
}
