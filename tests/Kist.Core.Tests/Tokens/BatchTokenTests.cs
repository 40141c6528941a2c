using System.Buffers.Text;
using System.Text;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

public sealed class BatchTokenTests
{
    [Fact]
    public async Task A_batch_token_carries_everything_and_stores_nothing()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var before = await host.PathsAsync();
        var issued = (await host.TryIssueAsync(change: s => s with
        {
            Type = TokenType.Batch,
            Policies = ["app", "ops"],
            DisplayName = "ci",
            Metadata = new Dictionary<string, string> { ["team"] = "a" },
            BoundCidrs = ["127.0.0.0/8"],
            EntityId = "e1",
        })).Value.Token;

        Assert.Equal("", issued.Accessor);
        Assert.False(issued.Renewable);
        Assert.Equal(before, await host.PathsAsync());
        var entry = (await peer.LoginAsync(issued.ClientToken)).Entry;
        Assert.Equal(["app", "ops"], entry.Policies);
        Assert.Equal("ci", entry.DisplayName);
        Assert.Equal("a", entry.Metadata["team"]);
        Assert.Equal("e1", entry.EntityId);
        Assert.Equal("auth/token/create", entry.Path);
        Assert.Equal(host.Clock.GetUtcNow() + TimeSpan.FromHours(1), entry.ExpiresAt);
        Assert.Equal(TimeSpan.FromHours(1), entry.CreationTtl);
        Assert.False(await peer.IsValidAsync(issued.ClientToken, "10.0.0.1"));

        Assert.Same(await peer.LoginAsync(issued.ClientToken), await peer.LoginAsync(issued.ClientToken));
    }

    [Fact]
    public async Task A_batch_token_ends_by_its_time()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { Type = TokenType.Batch });
        Assert.True(await host.IsValidAsync(token));
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.False(await host.IsValidAsync(token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_token_ends_with_its_parent(bool orphaned)
    {
        var host = await TokenHost.StartAsync();
        var parent = await host.IssueAsync();
        var child = await host.IssueAsync(parent, s => s with { Type = TokenType.Batch });
        var orphan = await host.IssueAsync(parent, s => s with { Type = TokenType.Batch, Parent = null });
        Assert.True(await host.IsValidAsync(child));
        if (orphaned)
            await host.RevokeOrphanAsync(parent);
        else
            await host.RevokeAsync(parent);
        Assert.False(await host.IsValidAsync(child));
        Assert.True(await host.IsValidAsync(orphan));
    }

    [Fact]
    public async Task A_changed_batch_token_is_refused()
    {
        var host = await TokenHost.StartAsync();
        var id = (await host.IssueAsync(change: s => s with { Type = TokenType.Batch })).Reveal();
        var body = Base64Url.DecodeFromChars(id.AsSpan(6, id.Length - 12));
        for (var bit = 0; bit < body.Length * 8; bit++)
        {
            var changed = body.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(await host.IsValidAsync(TokenId.OfBatch(default, changed)), $"bit {bit}");
        }
        Assert.False(await host.IsValidAsync(TokenId.OfBatch(default, body.AsSpan(1))));
        Assert.False(await host.IsValidAsync(TokenId.OfBatch(default, body.AsSpan(0, body.Length - 1))));
        Assert.True(await host.IsValidAsync(TokenId.OfBatch(default, body)));
    }

    // Where padding or a space stood in its body, the base library found it valid and then threw.
    [Theory]
    [InlineData("=")]
    [InlineData("==")]
    [InlineData("%")]
    [InlineData("%00")]
    [InlineData("%=")]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("= ")]
    [InlineData(" =")]
    [InlineData("+")]
    [InlineData("/")]
    [InlineData("é")]
    public async Task A_batch_token_with_a_letter_that_none_has_is_refused(string letters)
    {
        var host = await TokenHost.StartAsync();
        foreach (var more in new[] { "", "x", "xx" })
        {
            var id = (await host.IssueAsync(change: s => s with { Type = TokenType.Batch, DisplayName = more })).Reveal();
            for (var at = 6; at <= id.Length; at++)
            {
                Assert.False(await host.IsValidAsync(new SecretText(id.Insert(at, letters))), $"at {at}");
                if (at + letters.Length <= id.Length - 6)
                    Assert.False(await host.IsValidAsync(new SecretText(id.Remove(at, letters.Length).Insert(at, letters))), $"in place at {at}");
            }
        }
    }

    [Fact]
    public async Task A_batch_token_of_another_server_is_refused()
    {
        var (one, other) = (await TokenHost.StartAsync(), await TokenHost.StartAsync());
        Assert.False(await other.IsValidAsync(await one.IssueAsync(change: s => s with { Type = TokenType.Batch })));
    }

    [Fact]
    public async Task A_value_from_the_store_is_no_batch_token()
    {
        var host = await TokenHost.StartAsync();
        _ = await host.IssueAsync();
        await foreach (var entry in host.Store.ExportAsync(default))
            Assert.False(await host.IsValidAsync(TokenId.OfBatch(default, entry.Value.Span)));
    }

    [Fact]
    public async Task The_checksum_is_no_gate()
    {
        var host = await TokenHost.StartAsync();
        var id = (await host.IssueAsync(change: s => s with { Type = TokenType.Batch })).Reveal();
        Assert.True(await host.IsValidAsync(new SecretText(id[..^6] + "000000")));
    }

    [Fact]
    public async Task Batch_tokens_are_not_renewed_revoked_or_made_root()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync(change: s => s with { Type = TokenType.Batch });
        Assert.Equal("token.batch_renewal", (await host.RenewAsync(token)).Failure?.Code);
        Assert.Equal("token.batch_revocation", (await host.Tokens.RevokeAsync(await host.FindAsync(token), default)).Failure?.Code);
        var root = await host.TryIssueAsync(change: s => s with { Type = TokenType.Batch, Policies = ["root"] });
        Assert.Equal("token.batch_root", root.Failure?.Code);
        var named = await host.TryIssueAsync(change: s => s with { Type = TokenType.Batch, Id = new SecretText("x") });
        Assert.Equal("token.batch_id", named.Failure?.Code);
    }

    [Fact]
    public async Task A_batch_token_stays_short()
    {
        var host = await TokenHost.StartAsync();
        var id = await host.IssueAsync(change: s => s with { Type = TokenType.Batch });
        Assert.InRange(Encoding.UTF8.GetString(id.Utf8).Length, 100, 300);
    }
}
