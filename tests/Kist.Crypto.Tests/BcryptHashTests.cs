using System.Text;

namespace Kist.Crypto.Tests;

public sealed class BcryptHashTests
{
    // The first five are jBCrypt's and Openwall's, the others were made by libxcrypt.
    [Theory]
    [InlineData("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.")]
    [InlineData("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe")]
    [InlineData("abc", "$2b$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i")]
    [InlineData("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("pässword", "$2b$04$abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG")]
    [InlineData("hunter2", "$2b$04$N9qo8uLOickgx2ZMRZoMyeCwurxuMOTi1KfP06778xczaH0FSea1q")]
    public void A_password_has_its_hash_and_others_have_not(string password, string hash)
    {
        var parsed = BcryptHash.Parse(hash)!;
        Assert.Equal(hash, parsed.Text);
        Assert.True(parsed.Matches(Encoding.UTF8.GetBytes(password)));
        Assert.False(parsed.Matches(Encoding.UTF8.GetBytes(password + "x")));
        Assert.Equal("[redacted]", parsed.ToString());
    }

    [Fact]
    public void Bytes_after_the_72nd_do_not_count()
    {
        var parsed = BcryptHash.Parse("$2y$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i")!;
        Assert.True(parsed.Matches(Encoding.UTF8.GetBytes(new string('x', 80))));
        Assert.True(parsed.Matches(Encoding.UTF8.GetBytes(new string('x', 72))));
        Assert.False(parsed.Matches(Encoding.UTF8.GetBytes(new string('x', 71))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("password")]
    [InlineData("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$ 5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$05CCCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW.")]
    [InlineData("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe+")]
    [InlineData("$2a$05$CCCCCCCCCC=CCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")]
    public void What_is_no_sound_hash_is_not_read(string text) => Assert.Null(BcryptHash.Parse(text));
}
