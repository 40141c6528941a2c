using System.Text;

namespace Kist.EndToEnd.Tests.Leaks;

/// <summary>The search itself: what it must find, so that finding nothing elsewhere means something.</summary>
public sealed class LeakSearchTests
{
    private readonly PlantedSecrets secrets = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Base64_is_found_at_every_offset(int offset)
    {
        var secret = secrets.New("x");
        var surrounding = Encoding.ASCII.GetBytes(new string('?', offset) + secret + "tail");
        Assert.NotEmpty(LeakSearch.InText("file", $"{{\"x\":\"{Convert.ToBase64String(surrounding)}\"}}", secrets));
    }

    [Fact]
    public void Text_hex_and_utf_16_are_found()
    {
        var secret = secrets.New("x");
        Assert.NotEmpty(LeakSearch.InText("file", $"log: {secret}.", secrets));
        Assert.NotEmpty(LeakSearch.InText("file", Convert.ToHexString(Encoding.ASCII.GetBytes(secret)), secrets));
        Assert.NotEmpty(LeakSearch.In("file", Encoding.Unicode.GetBytes(secret), secrets));
    }

    [Fact]
    public void Bytes_of_a_key_are_found()
    {
        byte[] key = [.. Enumerable.Range(1, 33).Select(i => (byte)(i * 7))];
        secrets.Add("key", Convert.ToHexStringLower(key));
        Assert.NotEmpty(LeakSearch.In("file", [1, 2, .. key, 3], secrets));
        Assert.NotEmpty(LeakSearch.InText("file", Convert.ToBase64String(key), secrets));
    }

    [Theory]
    [InlineData("hvs.CAESIJ0123456789abcdef", "CAESIJ0123456789abcdef")]
    [InlineData("kst_s_Gy2ZkQ0hXw5vTt7LrB4nMs8dJf1aPc9eU000123", "Gy2ZkQ0hXw5vTt7LrB4nMs8dJf1aPc9eU000123")]
    [InlineData("kst_s_Gy2ZkQ0hXw5vTt7LrB4nMs8dJf1aPc9eU000123", "Gy2ZkQ0hXw5vTt7LrB4nMs8dJf1aPc9eU")]
    [InlineData("kst_w_0123456789A.Gy2ZkQ0hXw5vTt7LrB4nMs8dJf1aPc9eU000123", "Gy2ZkQ0hXw5vTt7LrB4nMs8dJf1aPc9eU")]
    [InlineData("kst_b_AAECAwQF-_gJCgsMDQ4PEBES000123", "AAECAwQF-_gJCgsMDQ4PEBES")]
    public void Token_is_found_without_its_prefix(string token, string part)
    {
        secrets.Add("token", token);
        Assert.NotEmpty(LeakSearch.InText("file", $"id={part}", secrets));
        Assert.NotEmpty(LeakSearch.InText("file", Convert.ToBase64String(Encoding.ASCII.GetBytes($"x{part}x")), secrets));
        Assert.NotEmpty(LeakSearch.InText("file", Convert.ToHexString(Encoding.ASCII.GetBytes(part)), secrets));
    }

    [Fact]
    public void Messages_do_not_repeat_the_secret()
    {
        var secret = secrets.New("x");
        var found = LeakSearch.InText("file", secret, secrets);
        Assert.All(found, message => Assert.DoesNotContain(secret, message));
        Assert.Contains("x as text", Assert.Single(found));
    }

    [Fact]
    public void Other_values_are_not_found()
    {
        secrets.New("x");
        Assert.Empty(LeakSearch.InText("file", new PlantedSecrets().New("x"), secrets));
    }
}
