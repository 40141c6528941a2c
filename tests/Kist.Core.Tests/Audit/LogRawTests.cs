using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Crypto;

namespace Kist.Core.Tests.Audit;

/// <summary>What a whole node writes to a device with <c>log_raw</c>: values, but no token id and no key share.</summary>
public sealed class LogRawTests : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("kist-audit-").FullName;
    private readonly MemoryStore store = new();
    private readonly List<string> secrets = [];
    private TestNode node = null!;

    private string Log => Path.Combine(folder, "audit.log");

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, new NotesEngine());
        await node.WriteAsync("sys/mounts/notes", """{"type":"notes"}""").Ok();
        await node.WriteAsync("sys/audit/raw", $$$"""{"type":"file","options":{"file_path":"{{{Log}}}","log_raw":"true"}}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Token_ids_stay_hashed()
    {
        _ = Keep(node.RootToken);
        await node.WriteAsync("notes/a", """{"text":"a note in clear"}""").Ok();
        await node.WriteAsync("auth/token/create", """{"id":"a-custom-id-of-a-token","policies":["app"],"ttl":"1h"}""").Ok();
        var named = $$"""{"token":"{{Keep(new SecretText("a-custom-id-of-a-token"))}}"}""";
        foreach (var path in new[] { "lookup", "renew", "revoke-orphan", "revoke" })
            _ = await node.WriteAsync("auth/token/" + path, named);
        // A mistake in the path, by which no route says that it is a token.
        _ = await node.WriteAsync("auth/token/lookupp", named);
        await node.ReadAsync("auth/token/lookup-self").Ok();
        await node.WriteAsync("sys/capabilities", $$"""{"token":"{{node.RootToken.Reveal()}}","paths":["notes/a"]}""").Ok();
        await node.WriteAsync("sys/audit-hash/raw", $$"""{"input":"{{node.RootToken.Reveal()}}"}""").Ok();

        foreach (var path in new[] { "auth/token/lookup-self", "notes/a" })
        {
            var wrapped = await node.AskAsync(Operation.Read, path, "", wrap: TimeSpan.FromMinutes(1)).Ok();
            var wrapping = $$"""{"token":"{{Keep(wrapped.Wrap!.Token)}}"}""";
            await node.WriteAsync("sys/wrapping/lookup", wrapping).Ok();
            await node.WriteAsync("sys/wrapping/unwrap", wrapping).Ok();
        }
        AssertHidden("a note in clear");
    }

    [Fact]
    public async Task Key_shares_stay_hashed()
    {
        var share = Keep(new SecretText(Convert.ToHexStringLower(node.Shares[0])));
        var started = (await node.WriteAsync("sys/generate-root/attempt").Ok()).Json();
        _ = Keep(new SecretText(started.Text("otp")));
        var done = (await node.WriteAsync("sys/generate-root/update", $$"""{"key":"{{share}}","nonce":"{{started.Text("nonce")}}"}""").Ok()).Json();
        _ = Keep(new SecretText(done.Text("encoded_root_token")));

        var nonce = (await node.WriteAsync("sys/rekey/init", """{"secret_shares":1,"secret_threshold":1}""").Ok()).Json().Text("nonce");
        var rekeyed = (await node.WriteAsync("sys/rekey/update", $$"""{"key":"{{share}}","nonce":"{{nonce}}"}""").Ok()).Json();
        foreach (var keys in new[] { "keys", "keys_base64" })
            _ = Keep(new SecretText(rekeyed.GetProperty(keys)[0].GetString()!));
        AssertHidden(nonce);
    }

    private string Keep(SecretText secret)
    {
        secrets.Add(secret.Reveal());
        return secrets[^1];
    }

    private void AssertHidden(string inClear)
    {
        var lines = File.ReadAllText(Log);
        // What is not raw at all hides everything.
        Assert.Contains(inClear, lines);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, lines));
    }
}
