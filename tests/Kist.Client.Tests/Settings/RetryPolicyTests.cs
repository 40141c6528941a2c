using System.Net;
using Kist.Client.Settings;

namespace Kist.Client.Tests.Settings;

public sealed class RetryPolicyTests
{
    [Theory]
    [InlineData(412, true, true)]
    [InlineData(500, true, false)]
    [InlineData(502, true, false)]
    [InlineData(503, true, false)]
    [InlineData(501, false, false)]
    [InlineData(400, false, false)]
    [InlineData(403, false, false)]
    [InlineData(404, false, false)]
    [InlineData(429, false, false)]
    [InlineData(200, false, false)]
    public void Only_412_is_tried_again_and_for_reads_5xx_but_501(int status, bool read, bool write)
    {
        Assert.Equal(read, RetryPolicy.Covers(HttpMethod.Get, (HttpStatusCode)status));
        Assert.All(
            [HttpMethod.Put, HttpMethod.Patch, HttpMethod.Delete],
            method => Assert.Equal(write, RetryPolicy.Covers(method, (HttpStatusCode)status)));
    }

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
