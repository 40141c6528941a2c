using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Crypto;
using Kist.Engines.Transit;

namespace Kist.Engines.Tests.Transit;

/// <summary>The engine in whole nodes: mounted by requests, behind tokens, policies and the cache of each node.</summary>
public sealed class TransitNodeTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode first = null!;
    private TestNode second = null!;

    public async Task InitializeAsync()
    {
        first = await TestNode.CreateAsync(store, new TransitMountType(TimeProvider.System));
        second = await TestNode.JoinAsync(store, first, new TransitMountType(TimeProvider.System));
        await first.WriteAsync("sys/mounts/transit", """{"type":"transit"}""").Ok();
        var written = await first.WriteAsync("transit/keys/k").Ok();
        // What the second node has seen of this write includes the mount before it.
        await second.AskAsync(Operation.Read, "transit/keys/k", "", index: written.Index).Ok();
    }

    public async Task DisposeAsync()
    {
        await first.DisposeAsync();
        await second.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(first.Faults.Concat(second.Faults));
    }

    [Fact]
    public async Task A_token_that_may_create_makes_a_key_by_encrypting_and_one_that_may_update_does_not()
    {
        var creator = await TokenAsync("creator", """path "transit/encrypt/*" { capabilities = ["create"] }""");
        var updater = await TokenAsync("updater", """path "transit/encrypt/*" { capabilities = ["update"] }""");
        await first.WriteAsync("transit/encrypt/new", """{"plaintext":"eA=="}""", updater).Fails(FailureKind.Denied);
        await first.ReadAsync("transit/keys/new").Fails(FailureKind.NotFound);
        await first.WriteAsync("transit/encrypt/new", """{"plaintext":"eA=="}""", creator).Ok();
        await first.WriteAsync("transit/encrypt/new", """{"plaintext":"eA=="}""", updater).Ok();
        await first.WriteAsync("transit/encrypt/new", """{"plaintext":"eA=="}""", creator).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Encryption_decryption_and_data_keys_are_granted_apart()
    {
        var writer = await TokenAsync(
            "writer", """path "transit/encrypt/k" { capabilities = ["update"] } path "transit/datakey/wrapped/k" { capabilities = ["update"] }""");
        var encrypted = await first.WriteAsync("transit/encrypt/k", """{"plaintext":"eA=="}""", writer).Ok();
        var body = $$"""{"ciphertext":"{{encrypted.Json().Text("ciphertext")}}"}""";
        await first.WriteAsync("transit/decrypt/k", body, writer).Fails(FailureKind.Denied);
        await first.WriteAsync("transit/datakey/wrapped/k", "", writer).Ok();
        await first.WriteAsync("transit/datakey/plaintext/k", "", writer).Fails(FailureKind.Denied);
        await first.ReadAsync("transit/export/encryption-key/k", writer).Fails(FailureKind.Denied);
    }

    // Without asking the store, the second node would take the new version for one that does not exist.
    [Fact]
    public async Task What_one_node_encrypts_under_a_version_that_it_has_just_made_the_other_decrypts_at_once()
    {
        for (var version = 2; version < 60; version++)
        {
            var (rotating, other) = version % 2 == 0 ? (first, second) : (second, first);
            await rotating.WriteAsync("transit/keys/k/rotate").Ok();
            var encrypted = (await rotating.WriteAsync("transit/encrypt/k", """{"plaintext":"eA=="}""").Ok()).Json();
            Assert.Equal(version, encrypted.GetProperty("key_version").GetInt32());
            var decrypted = await other.WriteAsync("transit/decrypt/k", $$"""{"ciphertext":"{{encrypted.Text("ciphertext")}}"}""").Ok();
            Assert.Equal("eA==", decrypted.Json().Text("plaintext"));
        }
    }

    [Fact]
    public async Task A_key_that_one_node_deletes_and_makes_anew_is_at_once_the_new_one_on_the_other()
    {
        for (var round = 0; round < 20; round++)
        {
            var (changing, other) = round % 2 == 0 ? (first, second) : (second, first);
            await changing.WriteAsync("transit/keys/again", round % 3 == 0 ? """{"type":"aes128-gcm96"}""" : "").Ok();
            var encrypted = await changing.WriteAsync("transit/encrypt/again", """{"plaintext":"eA=="}""").Ok();
            await other.WriteAsync("transit/decrypt/again", $$"""{"ciphertext":"{{encrypted.Json().Text("ciphertext")}}"}""").Ok();
            await changing.WriteAsync("transit/keys/again/config", """{"deletion_allowed":true}""").Ok();
            var deleted = await changing.DeleteAsync("transit/keys/again").Ok();
            await other.AskAsync(Operation.Read, "transit/keys/again", "", index: deleted.Index).Fails(FailureKind.NotFound);
        }
    }

    [Fact]
    public async Task A_lowered_minimum_counts_on_the_other_node_once_it_is_told_the_index()
    {
        var old = (await first.WriteAsync("transit/encrypt/k", """{"plaintext":"eA=="}""").Ok()).Json().Text("ciphertext");
        await first.WriteAsync("transit/keys/k/rotate").Ok();
        var raised = await first.WriteAsync("transit/keys/k/config", """{"min_decryption_version":2}""").Ok();
        var body = $$"""{"ciphertext":"{{old}}"}""";
        var refused = await second.AskAsync(Operation.Update, "transit/decrypt/k", body, index: raised.Index);
        Assert.Equal("transit.invalid_version", refused.Failure?.Code);
    }

    [Fact]
    public async Task Some_failed_items_reach_the_dialect_as_a_partial_failure_with_their_body()
    {
        var answer = await first.WriteAsync("transit/encrypt/k", """{"batch_input":[{"plaintext":"eA=="},{"plaintext":"%"}],"partial_failure_response_code":202}""").Ok();
        Assert.Equal(new PartialFailure(202), answer.PartialFailure);
        Assert.Equal(2, answer.Json().GetProperty("batch_results").GetArrayLength());
    }

    [Fact]
    public async Task A_plaintext_can_be_handed_over_wrapped()
    {
        var encrypted = (await first.WriteAsync("transit/encrypt/k", """{"plaintext":"eA=="}""").Ok()).Json().Text("ciphertext");
        var wrapped = await first.WriteAsync("transit/decrypt/k", $$"""{"ciphertext":"{{encrypted}}"}""", wrap: TimeSpan.FromMinutes(1)).Ok();
        var opened = await first.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap!.Token).Ok();
        Assert.Equal("eA==", opened.Json().Text("plaintext"));
    }

    [Fact]
    public async Task Keys_survive_a_seal_and_requests_meanwhile_meet_a_sealed_server()
    {
        var encrypted = (await first.WriteAsync("transit/encrypt/k", """{"plaintext":"eA=="}""").Ok()).Json().Text("ciphertext");
        var body = $$"""{"ciphertext":"{{encrypted}}"}""";
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var answer = await first.WriteAsync("transit/decrypt/k", body);
                Assert.True(answer.Failure is null or { Kind: FailureKind.Sealed or FailureKind.Unavailable }, answer.Failure?.ToString());
                Assert.True(answer.Failure is not null || answer.Json().Text("plaintext") == "eA==");
            }
        })).ToArray();
        try
        {
            using var share = new SecretBytes(first.Shares[0]);
            for (var round = 0; round < 10; round++)
            {
                await first.WriteAsync("sys/seal", """{"node":"self"}""").Ok();
                Assert.True((await first.Node.UnsealAsync(share, default)).Succeeded);
            }
        }
        finally
        {
            await stop.CancelAsync();
        }
        await Task.WhenAll(clients);
        await first.WriteAsync("transit/decrypt/k", body).Ok();
    }

    [Fact]
    public async Task The_leader_rotates_what_is_due()
    {
        await first.WriteAsync("transit/keys/due", """{"auto_rotate_period":"1h"}""").Ok();
        await second.DisposeAsync();
        // The first thing that a new leader does is to tend the mounts; until then the old one leads, by whose clock nothing is due.
        var later = new TransitMountType(new LaterClock(TimeSpan.FromHours(2)));
        second = await TestNode.JoinAsync(store, first, later);
        await first.DisposeAsync();
        first = await TestNode.JoinAsync(store, second, later);
        await Eventually.HoldsAsync(async () =>
            (await second.ReadAsync("transit/keys/due").Ok()).Json().GetProperty("latest_version").GetInt32() == 2);
    }

    private async Task<SecretText> TokenAsync(string policy, string rules)
    {
        var text = System.Text.Json.JsonSerializer.Serialize(rules);
        await first.WriteAsync($"sys/policies/acl/{policy}", $$"""{"policy":{{text}}}""").Ok();
        return (await first.WriteAsync("auth/token/create", $$"""{"policies":["{{policy}}"]}""").Ok()).Auth!.ClientToken;
    }

    private sealed class LaterClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
