using FsCheck;
using FsCheck.Fluent;

namespace Kist.Crypto.Tests;

public class ShamirTests
{
    [Theory]
    // Secret 42, polynomial 42 + 03 x: at 01 it is 42^03 = 41, at 02 42^06 = 44, at 80 42^(80^1b) = d9.
    [InlineData("42", "03", 0x01, "4101")]
    [InlineData("42", "03", 0x02, "4402")]
    [InlineData("42", "03", 0x80, "d980")]
    // Two bytes, polynomials 00 + 01 x + 01 x^2 and ff + 00 x + 02 x^2: at 02 they are 02^04 = 06 and ff^08 = f7.
    [InlineData("00ff", "01010002", 0x02, "06f702")]
    public void Shares_computed_by_hand_come_out(string secret, string coefficients, int x, string share)
    {
        using var computed = Shamir.ShareAt((byte)x, Convert.FromHexString(secret), Convert.FromHexString(coefficients));
        Assert.Equal(share, Convert.ToHexStringLower(computed.Span));
    }

    [Theory]
    [InlineData("42", "4101", "4402")]
    [InlineData("42", "d980", "4101")]
    [InlineData("42", "4402", "d980", "4101")]
    public void Shares_computed_by_hand_restore_the_secret(string secret, params string[] shares)
    {
        using var combined = Shamir.Combine([.. shares.Select(Share)]);
        Assert.Equal(secret, Convert.ToHexStringLower(combined.Span));
    }

    [Fact]
    public void Any_quorum_in_any_order_restores_any_secret()
    {
        var cases = from secret in ArbMap.Default.GeneratorFor<byte>().NonEmptyListOf()
                    from count in Gen.Choose(2, 12)
                    from threshold in Gen.Choose(2, count)
                    from quorum in Gen.Choose(threshold, count)
                    from order in Gen.Shuffle(Enumerable.Range(0, count).ToArray())
                    select (secret: secret.ToArray(), count, threshold, chosen: order.Take(quorum).ToArray());
        Prop.ForAll(cases.ToArbitrary(), split =>
        {
            var shares = Shamir.Split(split.secret, split.count, split.threshold);
            using var combined = Shamir.Combine([.. split.chosen.Select(i => shares[i])]);
            return combined.Span.SequenceEqual(split.secret);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_most_shares_that_exist_have_distinct_numbers_and_restore_the_secret()
    {
        var shares = Shamir.Split("root"u8, 255, 255);
        Assert.Equal(255, shares.Select(share => share.Span[^1]).Where(x => x != 0).Distinct().Count());
        using var combined = Shamir.Combine(shares);
        Assert.Equal("root"u8, combined.Span);
    }

    [Fact]
    public void One_share_too_few_fits_every_secret()
    {
        // Shares 1 and 2 of a threshold of three: for each of the 256 secrets exactly one third share at x = 3 yields it.
        var shares = Shamir.Split([0x42], 3, 3);
        var secrets = Enumerable.Range(0, 256).Select(y =>
        {
            using var third = new SecretBytes([(byte)y, shares[2].Span[^1]]);
            using var combined = Shamir.Combine([shares[0], shares[1], third]);
            return combined.Span[0];
        });
        Assert.Equal(256, secrets.Distinct().Count());
    }

    [Fact]
    public void Two_splits_of_one_secret_differ()
    {
        var secret = new byte[32];
        var first = Shamir.Split(secret, 3, 2).Select(share => Convert.ToHexString(share.Span[..^1]));
        var second = Shamir.Split(secret, 3, 2).Select(share => Convert.ToHexString(share.Span[..^1]));
        Assert.Empty(first.Intersect(second));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 3)]
    [InlineData(256, 2)]
    [InlineData(0, 0)]
    public void Counts_out_of_range_are_refused(int shares, int threshold) =>
        Assert.ThrowsAny<ArgumentException>(() => Shamir.Split("secret"u8, shares, threshold));

    [Fact]
    public void An_empty_secret_is_refused() => Assert.Throws<ArgumentException>(() => Shamir.Split([], 3, 2));

    [Theory]
    [InlineData("4101")]
    [InlineData("4101", "4401")]
    [InlineData("4101", "440002")]
    [InlineData("4101", "4200")]
    [InlineData("01", "02")]
    public void Shares_that_cannot_belong_together_are_refused(params string[] shares)
    {
        var refusal = Assert.Throws<ArgumentException>(() => Shamir.Combine([.. shares.Select(Share)]));
        Assert.DoesNotContain("41", refusal.Message, StringComparison.Ordinal);
    }

    private static SecretBytes Share(string hex) => new(Convert.FromHexString(hex));
}
