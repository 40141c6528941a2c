using Kist.Core.Seals;
using Kist.Crypto;

namespace Kist.Core.Tests.Seals;

public class ShareCollectorTests
{
    private readonly SecretBytes secret = SecretBytes.Random(32);

    [Fact]
    public void Enough_shares_form_the_key_and_reset_the_attempt()
    {
        var shares = Shamir.Split(secret.Span, 3, 2);
        using var collector = new ShareCollector();
        Assert.Null(collector.Add(shares[0], 2, out var none));
        Assert.Null(none);
        Assert.Equal(1, collector.Progress);
        Assert.NotEmpty(collector.Nonce);
        Assert.Null(collector.Add(shares[2], 2, out var key));
        Assert.True(key!.FixedTimeEquals(secret.Span));
        Assert.Equal((0, ""), (collector.Progress, collector.Nonce));
    }

    [Fact]
    public void It_keeps_its_own_copy_of_a_share()
    {
        var shares = Shamir.Split(secret.Span, 2, 2);
        using var collector = new ShareCollector();
        collector.Add(shares[0], 2, out _);
        shares[0].Dispose();
        collector.Add(shares[1], 2, out var key);
        Assert.True(key!.FixedTimeEquals(secret.Span));
    }

    [Fact]
    public void With_a_threshold_of_one_the_share_is_the_key()
    {
        using var collector = new ShareCollector();
        Assert.Null(collector.Add(secret, 1, out var key));
        Assert.NotSame(secret, key);
        Assert.True(key!.FixedTimeEquals(secret.Span));
    }

    [Fact]
    public void A_share_without_a_number_is_malformed()
    {
        using var collector = new ShareCollector();
        using var zero = new SecretBytes(new byte[33]);
        Assert.Equal("seal.share_malformed", collector.Add(zero, 2, out _)!.Code);
    }

    [Fact]
    public void Shares_gathered_before_a_rekey_to_a_single_share_are_forgotten()
    {
        using var collector = new ShareCollector();
        collector.Add(Shamir.Split(secret.Span, 3, 3)[0], 3, out _);
        Assert.Null(collector.Add(secret, 1, out var key));
        Assert.True(key!.FixedTimeEquals(secret.Span));
        Assert.Equal(0, collector.Progress);
    }

    [Fact]
    public async Task Shares_added_by_many_threads_form_the_key_once()
    {
        for (var round = 0; round < 50; round++)
        {
            var shares = Shamir.Split(secret.Span, 16, 16);
            using var collector = new ShareCollector();
            var keys = await Task.WhenAll(shares.Select(share => Task.Run(() =>
            {
                Assert.Null(collector.Add(share, 16, out var key));
                return key;
            })));
            Assert.True(Assert.Single(keys, key => key is not null)!.FixedTimeEquals(secret.Span));
        }
    }
}
