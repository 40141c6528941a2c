using System.Globalization;
using System.Text;
using System.Text.Json;
using Kist.Crypto.Jose;

namespace Kist.Crypto.Tests.Jose;

/// <summary>Claims, the times in them, and the ways to them.</summary>
public sealed class JwtClaimsTests
{
    private const long Now = 1_800_000_000;

    private static readonly JwtLeeways Leeways = new(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(150), TimeSpan.FromSeconds(150));

    [Theory]
    [InlineData("1800000000", 1_800_000_000)]
    [InlineData("1.8e9", 1_800_000_000)]
    [InlineData("18E8", 1_800_000_000)]
    [InlineData("1800000000.0", 1_800_000_000)]
    [InlineData("1800000000.9", 1_800_000_000)]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("253402300799", 253_402_300_799)]
    public void Times_come_in_any_form_of_a_number(string number, long seconds) =>
        Assert.Equal(seconds, Parse($$"""{"exp":{{number}}}""")!.ExpiresAt!.Value.ToUnixTimeSeconds());

    [Theory]
    [InlineData("""{"exp":"1800000000"}""")]
    [InlineData("""{"exp":-1}""")]
    [InlineData("""{"exp":1e400}""")]
    [InlineData("""{"exp":1e20}""")]
    [InlineData("""{"exp":null}""")]
    [InlineData("""{"exp":[1]}""")]
    [InlineData("""{"nbf":true}""")]
    [InlineData("""{"iat":{}}""")]
    [InlineData("""{"aud":1}""")]
    [InlineData("""{"aud":[1]}""")]
    [InlineData("""{"aud":null}""")]
    [InlineData("""{"iss":1}""")]
    [InlineData("""{"sub":["a"]}""")]
    [InlineData("""{"sub":"a","sub":"b"}""")]
    [InlineData("""{"a":{"b":1,"b":2}}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""{"a":"\udc00"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"a":1}x""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    public void Claims_of_the_wrong_type_or_that_mean_two_things_are_refused(string claims) => Assert.Null(Parse(claims));

    [Fact]
    public void An_audience_is_one_or_several()
    {
        Assert.Equal(["a"], Parse("""{"aud":"a"}""")!.Audiences);
        Assert.Equal(["a", "b"], Parse("""{"aud":["a","b"]}""")!.Audiences);
        Assert.Empty(Parse("{}")!.Audiences);
    }

    [Theory]
    [InlineData("exp={0}", 1, null)]
    [InlineData("exp={0}", -59, null)]
    [InlineData("exp={0}", -60, "expired")]
    [InlineData("exp={0}", -61, "expired")]
    [InlineData("exp={0}", 209, null)]
    [InlineData("exp={0}", 211, "not good yet")]
    [InlineData("nbf={0}", 59, null)]
    [InlineData("nbf={0}", 61, "not good yet")]
    [InlineData("nbf={0}", -209, null)]
    [InlineData("nbf={0}", -211, "expired")]
    [InlineData("iat={0}", 59, null)]
    [InlineData("iat={0}", 61, "not good yet")]
    [InlineData("iat={0}", -211, "expired")]
    [InlineData("iat={0},nbf=1799999990,exp=1800000100", 61, "in the future")]
    [InlineData("nbf={0},exp=1800000100", -1000, null)]
    [InlineData("iat={0},exp=1800000100", -1000, null)]
    public void Times_are_judged_with_leeways(string claims, int seconds, string? fault)
    {
        var members = string.Format(CultureInfo.InvariantCulture, claims, Now + seconds).Split(',').Select(c => $"\"{c.Replace("=", "\":")}");
        var found = JwtTimes.Check(Parse($$"""{{{string.Join(',', members)}}}""")!, Leeways, DateTimeOffset.FromUnixTimeSeconds(Now));
        Assert.True(fault is null ? found is null : found?.Contains(fault, StringComparison.Ordinal) == true, found ?? "nothing is wrong");
    }

    [Fact]
    public void A_token_without_times_and_times_at_the_ends_of_time_are_judged_too()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(Now);
        Assert.Contains("none of the claims", JwtTimes.Check(Parse("{}")!, Leeways, now));
        Assert.Null(JwtTimes.Check(Parse("""{"exp":253402300799,"nbf":0}""")!, Leeways, now));
        Assert.NotNull(JwtTimes.Check(Parse("""{"nbf":253402300799}""")!, Leeways, now));
        Assert.NotNull(JwtTimes.Check(Parse("""{"exp":0}""")!, Leeways, now));
    }

    [Theory]
    [InlineData("division", "\"North America\"")]
    [InlineData("/division", "\"North America\"")]
    [InlineData("/groups/primary", "\"Engineering\"")]
    [InlineData("/list/0", "1")]
    [InlineData("/list/10", "11")]
    [InlineData("/a~1b/~0", "2")]
    [InlineData("/", "3")]
    [InlineData("https://x/y", "4")]
    [InlineData("/list/01", null)]
    [InlineData("/list/-", null)]
    [InlineData("/list/-1", null)]
    [InlineData("/list/+1", null)]
    [InlineData("/list/11", null)]
    [InlineData("/list/99999999999", null)]
    [InlineData("/groups/primary/x", null)]
    [InlineData("groups/primary", null)]
    [InlineData("none", null)]
    [InlineData("absent", null)]
    public void A_way_leads_to_a_claim_or_to_nothing(string path, string? value)
    {
        var claims = JsonElement.Parse(
            """
            {"division":"North America","groups":{"primary":"Engineering"},"list":[1,2,3,4,5,6,7,8,9,10,11],"a/b":{"~":2},"":3,"https://x/y":4,"none":null}
            """);
        Assert.Equal(value, ClaimPath.TryParse(path)!.Find(claims)?.GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/~")]
    [InlineData("/a~2")]
    [InlineData("/a/~01~")]
    public void A_bad_way_is_none(string path) => Assert.Null(ClaimPath.TryParse(path));

    [Fact]
    public void A_name_may_look_like_a_way() => Assert.Equal(5, ClaimPath.Top("/a").Find(JsonElement.Parse("""{"/a":5}"""))!.Value.GetInt32());

    private static JwtClaims? Parse(string claims) => JwtClaims.TryParse(Encoding.UTF8.GetBytes(claims), out _);
}
