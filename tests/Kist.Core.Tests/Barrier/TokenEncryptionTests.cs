namespace Kist.Core.Tests.Barrier;

public class TokenEncryptionTests
{
    private readonly BarrierBuilder builder = new();

    [Fact]
    public async Task A_token_is_opened_for_its_purpose_alone()
    {
        var barrier = (await builder.NodeAsync()).Barrier;
        var token = await barrier.EncryptTokenAsync("claims"u8.ToArray(), "batch", default);
        Assert.Equal("claims"u8.ToArray(), await barrier.TryDecryptTokenAsync(token, "batch", default));
        Assert.Null(await barrier.TryDecryptTokenAsync(token, "other", default));
    }

    [Fact]
    public async Task A_token_with_any_flipped_bit_is_not_opened()
    {
        var barrier = (await builder.NodeAsync()).Barrier;
        var token = await barrier.EncryptTokenAsync("claims"u8.ToArray(), "batch", default);
        for (var bit = 0; bit < token.Length * 8; bit++)
        {
            token[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(await barrier.TryDecryptTokenAsync(token, "batch", default));
            token[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0100000001")]
    public async Task What_is_too_short_is_not_opened(string hex)
    {
        var barrier = (await builder.NodeAsync()).Barrier;
        Assert.Null(await barrier.TryDecryptTokenAsync(Convert.FromHexString(hex), "batch", default));
    }

    [Fact]
    public async Task A_token_that_another_node_made_under_a_new_term_is_opened()
    {
        var (one, two) = (await builder.NodeAsync(), await builder.NodeAsync());
        await one.Barrier.RotateAsync(default);
        var token = await one.Barrier.EncryptTokenAsync("claims"u8.ToArray(), "batch", default);
        Assert.Equal("claims"u8.ToArray(), await two.Barrier.TryDecryptTokenAsync(token, "batch", default));
    }

    [Fact]
    public async Task A_stored_value_is_no_token()
    {
        var node = await builder.NodeAsync();
        await node.View.WriteAsync("batch", "claims");
        var stored = (await builder.Store.StoredAsync(node.View, "batch"))[0].Value;
        Assert.Null(await node.Barrier.TryDecryptTokenAsync(stored, "batch", default));
    }
}
