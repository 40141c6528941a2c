using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

public sealed class RekeyRoutesTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode node = null!;

    public async Task InitializeAsync() => node = await TestNode.CreateAsync(store);

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task The_last_present_share_is_answered_with_the_new_ones_and_the_old_one_is_void()
    {
        var started = (await node.WriteAsync("sys/rekey/init", """{"secret_shares":3,"secret_threshold":2}""").Ok()).Json();
        Assert.Equal(("3", "2", "1"), (started.GetProperty("n").ToString(), started.GetProperty("t").ToString(), started.GetProperty("required").ToString()));
        var done = (await GiveAsync("sys/rekey/update", Convert.ToHexString(node.Shares[0]), started.Text("nonce")).Ok()).Json();
        Assert.True(done.GetProperty("complete").GetBoolean());
        Assert.False(done.TryGetProperty("warnings", out _));
        var keys = done.GetProperty("keys_base64").EnumerateArray().Select(k => k.GetString()!).ToList();
        Assert.Equal(3, keys.Count);

        await node.WriteAsync("sys/seal").Ok();
        await node.WriteAsync("sys/unseal", $$"""{"key":"{{Convert.ToBase64String(node.Shares[0])}}"}""").Fails(FailureKind.Invalid);
        await node.WriteAsync("sys/unseal", $$"""{"key":"{{keys[2]}}"}""").Ok();
        Assert.False((await node.WriteAsync("sys/unseal", $$"""{"key":"{{keys[0]}}"}""").Ok()).Json().GetProperty("sealed").GetBoolean());
    }

    [Fact]
    public async Task New_shares_count_after_their_verification_when_that_was_asked_for()
    {
        var started = (await node.WriteAsync("sys/rekey/init", """{"secret_shares":1,"secret_threshold":1,"require_verification":true}""").Ok()).Json();
        Assert.True(started.GetProperty("verification_required").GetBoolean());
        var made = (await GiveAsync("sys/rekey/update", Convert.ToBase64String(node.Shares[0]), started.Text("nonce")).Ok()).Json();
        var waiting = (await node.ReadAsync("sys/rekey/verify").Ok()).Json();
        Assert.Equal(made.Text("verification_nonce"), waiting.Text("nonce"));
        Assert.NotEqual(waiting.Text("nonce"), (await node.DeleteAsync("sys/rekey/verify").Ok()).Json().Text("nonce"));
        var nonce = (await node.ReadAsync("sys/rekey/init").Ok()).Json().Text("verification_nonce");
        var key = made.GetProperty("keys")[0].GetString()!;
        Assert.True((await GiveAsync("sys/rekey/verify", key, nonce).Ok()).Json().GetProperty("complete").GetBoolean());
        Assert.False((await node.ReadAsync("sys/rekey/init").Ok()).Json().GetProperty("started").GetBoolean());
    }

    [Fact]
    public async Task A_cancelled_rekey_is_gone()
    {
        await node.WriteAsync("sys/rekey/init").Ok();
        await node.WriteAsync("sys/rekey/init").Fails(FailureKind.Invalid);
        await node.DeleteAsync("sys/rekey/init").Ok();
        Assert.False((await node.ReadAsync("sys/rekey/init").Ok()).Json().GetProperty("started").GetBoolean());
    }

    [Theory]
    [InlineData("sys/rekey/init", """{"pgp_keys":["x"]}""", "rekey.pgp")]
    [InlineData("sys/rekey/init", """{"backup":true}""", "rekey.pgp")]
    [InlineData("sys/rekey/init", """{"secret_shares":300}""", "seal.shares")]
    [InlineData("sys/rekey/update", """{"key":"zz","nonce":""}""", "seal.share_malformed")]
    [InlineData("sys/rekey/verify", """{"key":"","nonce":""}""", "seal.share_malformed")]
    [InlineData("sys/rekey-recovery-key/init", "{}", "rekey.kind")]
    [InlineData("sys/rotate/recovery/init", "{}", "rekey.kind")]
    public async Task What_cannot_be_done_is_told(string path, string body, string code) =>
        Assert.Equal(code, (await node.WriteAsync(path, body).Fails(FailureKind.Invalid)).Code);

    [Fact]
    public async Task The_newer_names_are_doors_to_the_same_attempt_for_holders_of_a_token()
    {
        var none = new SecretText("");
        await node.WriteAsync("sys/rotate/root/init", "", none).Fails(FailureKind.Unauthenticated);
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["default"]}""").Ok()).Auth!.ClientToken;
        await node.WriteAsync("sys/rotate/root/init", "", token).Fails(FailureKind.Denied);

        var started = await node.WriteAsync("sys/rotate/root/init", """{"secret_shares":1,"secret_threshold":1,"require_verification":true}""").Ok();
        Assert.Equal(Pipeline.ResponseShape.Enveloped, started.Shape);
        Assert.Equal(started.Json().Text("nonce"), (await node.ReadAsync("sys/rekey/init", none).Ok()).Json().Text("nonce"));
        var made = (await GiveAsync("sys/rotate/root/update", Convert.ToHexString(node.Shares[0]), started.Json().Text("nonce")).Ok()).Json();
        var nonce = (await node.ReadAsync("sys/rotate/root/verify").Ok()).Json().Text("nonce");
        var key = made.GetProperty("keys")[0].GetString()!;
        Assert.True((await GiveAsync("sys/rotate/root/verify", key, nonce).Ok()).Json().GetProperty("complete").GetBoolean());
    }

    [Theory]
    [InlineData("sys/rekey")]
    [InlineData("sys/rotate/root")]
    public async Task New_shares_are_not_wrapped_since_a_wrap_that_fails_would_lose_them(string path)
    {
        var nonce = (await node.WriteAsync(path + "/init", """{"secret_shares":1,"secret_threshold":1}""").Ok()).Json().Text("nonce");
        var body = $$"""{"key":"{{Convert.ToHexString(node.Shares[0])}}","nonce":"{{nonce}}"}""";
        var answer = await node.WriteAsync(path + "/update", body, wrap: TimeSpan.FromMinutes(1)).Ok();
        Assert.Null(answer.Wrap);
        Assert.Single(answer.Json().GetProperty("keys").EnumerateArray());
    }

    [Fact]
    public async Task New_shares_are_answered_with_a_warning_when_the_node_is_sealed_meanwhile()
    {
        await using var inner = new MemoryStore();
        var hooked = new HookedStore(inner);
        await using var other = await TestNode.CreateAsync(hooked);
        var nonce = (await other.WriteAsync("sys/rekey/init", """{"secret_shares":1,"secret_threshold":1}""").Ok()).Json().Text("nonce");
        hooked.OnCommit = async (_, commit) =>
        {
            await commit();
            other.Node.Barrier.Seal();
            return CommitOutcome.Unknown;
        };
        var key = Convert.ToHexString(other.Shares[0]);
        var answer = (await other.WriteAsync("sys/rekey/update", $$"""{"key":"{{key}}","nonce":"{{nonce}}"}""").Ok()).Json();
        Assert.Contains("did not confirm", Assert.Single(answer.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        hooked.OnCommit = static (_, commit) => commit();
        await other.WriteAsync("sys/unseal", $$"""{"key":"{{answer.GetProperty("keys")[0].GetString()}}"}""").Ok();
        Assert.True(other.Node.IsServing);
    }

    private Task<Pipeline.Response> GiveAsync(string path, string key, string nonce) =>
        node.WriteAsync(path, $$"""{"key":"{{key}}","nonce":"{{nonce}}"}""");
}
