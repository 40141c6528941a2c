using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

public sealed class GenerateRootTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;
    private RootGeneration generation = null!;
    private string[] shares = [];

    public async Task InitializeAsync()
    {
        node = TestNode.Sealed(store);
        var made = (await node.WriteAsync("sys/init", """{"secret_shares":3,"secret_threshold":2}""").Ok()).Json();
        shares = [.. made.GetProperty("keys").EnumerateArray().Select(k => k.GetString()!)];
        foreach (var share in shares.Take(2))
            await node.WriteAsync("sys/unseal", $$"""{"key":"{{share}}"}""").Ok();
        generation = new RootGeneration(node);
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Theory]
    [InlineData("sys/generate-root")]
    [InlineData("sys/generate-root-token")]
    public async Task A_quorum_makes_a_root_token_that_only_the_holder_of_the_pad_can_read(string path)
    {
        var token = await new RootGeneration(node, path).RunAsync(shares[0], shares[2]);
        Assert.Equal("root", (await node.ReadAsync("auth/token/lookup-self", token).Ok()).Json().GetProperty("policies")[0].GetString());
        await node.WriteAsync("sys/rotate", "", token).Ok();
        Assert.False((await node.ReadAsync(path + "/attempt").Ok()).Json().GetProperty("started").GetBoolean());
    }

    [Fact]
    public async Task Its_state_tells_nonce_progress_and_length_of_the_pad_and_the_pad_only_once()
    {
        var started = await generation.StartAsync();
        Assert.Equal(started.GetProperty("otp_length").GetInt32(), generation.Pad.Length);
        await generation.GiveAsync(shares[1]).Ok();
        var state = (await node.ReadAsync("sys/generate-root/attempt").Ok()).Json();
        Assert.Equal(("True", "1", "2"), (state.GetProperty("started").ToString(), state.GetProperty("progress").ToString(), state.GetProperty("required").ToString()));
        Assert.Equal((generation.Nonce, ""), (state.Text("nonce"), state.Text("otp")));
    }

    [Fact]
    public async Task A_pad_of_ones_own_is_used_and_not_shown()
    {
        var length = (await generation.StartAsync()).GetProperty("otp_length").GetInt32();
        await node.DeleteAsync("sys/generate-root/attempt").Ok();
        var pad = new string('p', length);
        await generation.StartAsync($$"""{"otp":"{{pad}}"}""");
        Assert.Empty(generation.Pad);
        await generation.GiveAsync(shares[0]).Ok();
        var done = (await generation.GiveAsync(shares[1]).Ok()).Json();
        await node.ReadAsync("sys/mounts", RootGeneration.Decode(done.Text("encoded_root_token"), pad)).Ok();
    }

    [Theory]
    [InlineData("""{"otp":"short"}""", "generate_root.otp")]
    [InlineData("""{"pgp_key":"k"}""", "generate_root.pgp")]
    public async Task What_cannot_hide_a_token_is_refused(string body, string code)
    {
        Assert.Equal(code, (await node.WriteAsync("sys/generate-root/attempt", body).Fails(FailureKind.Invalid)).Code);
        Assert.False((await node.ReadAsync("sys/generate-root/attempt").Ok()).Json().GetProperty("started").GetBoolean());
    }

    [Fact]
    public async Task There_is_one_attempt_at_a_time()
    {
        await generation.StartAsync();
        Assert.Equal("generate_root.started", (await node.WriteAsync("sys/generate-root/attempt").Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task Shares_without_an_attempt_or_with_another_nonce_are_refused()
    {
        Assert.Equal("generate_root.not_started", (await generation.GiveAsync(shares[0], "any").Fails(FailureKind.Invalid)).Code);
        await generation.StartAsync();
        Assert.Equal("generate_root.nonce", (await generation.GiveAsync(shares[0], "other").Fails(FailureKind.Invalid)).Code);
        Assert.Equal(0, (await node.ReadAsync("sys/generate-root/attempt").Ok()).Json().GetProperty("progress").GetInt32());
    }

    [Fact]
    public async Task A_wrong_share_makes_no_token_and_ends_the_progress_but_not_the_attempt()
    {
        await generation.StartAsync();
        var wrong = (shares[0][0] == '0' ? '1' : '0') + shares[0][1..];
        await generation.GiveAsync(wrong).Ok();
        Assert.Equal("seal.wrong_shares", (await generation.GiveAsync(shares[1]).Fails(FailureKind.Invalid)).Code);
        await generation.GiveAsync(shares[0]).Ok();
        Assert.True((await generation.GiveAsync(shares[1]).Ok()).Json().GetProperty("complete").GetBoolean());
    }

    [Fact]
    public async Task A_cancelled_attempt_forgets_its_shares()
    {
        await generation.StartAsync();
        await generation.GiveAsync(shares[0]).Ok();
        await node.DeleteAsync("sys/generate-root/attempt").Ok();
        await generation.StartAsync();
        Assert.False((await generation.GiveAsync(shares[1]).Ok()).Json().GetProperty("complete").GetBoolean());
    }

    [Fact]
    public async Task Recovery_shares_make_one_where_a_seal_unseals()
    {
        await using var other = new MemoryStore();
        using var key = SecretBytes.Random(32);
        await using var auto = TestNode.Sealed(other, new StaticSeal(new StaticSealKey("a", key)), new NodeOptions());
        var made = (await auto.WriteAsync("sys/init", """{"recovery_shares":3,"recovery_threshold":2}""").Ok()).Json();
        string[] recovery = [.. made.GetProperty("recovery_keys_base64").EnumerateArray().Select(k => k.GetString()!)];
        await auto.ReadAsync("sys/mounts", await new RootGeneration(auto).RunAsync(recovery[2], recovery[1])).Ok();
    }
}
