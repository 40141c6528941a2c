using System.Net;
using Kist.Client.Settings;

namespace Kist.Client.Tests.Settings;

public sealed class RetryPolicyTests
{
    [Theory]
    [InlineData(412, true)]
    [InlineData(500, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(501, false)]
    [InlineData(400, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(429, false)]
    [InlineData(200, false)]
    public void Only_412_and_5xx_but_501_are_tried_again(int status, bool again) => Assert.Equal(again, RetryPolicy.Covers((HttpStatusCode)status));

    [Fact]
    public void Pauses_double_within_the_bound_and_vary_by_half()
    {
        var policy = new RetryPolicy { FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(1) };
        foreach (var attempt in Enumerable.Range(0, 200))
        {
            var longest = Math.Min(1000, 100 * Math.Pow(2, attempt));
            Assert.InRange(policy.Pause(attempt).TotalMilliseconds, longest / 2, longest);
        }
    }
}
