using System.Text.Json;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Identity;

/// <summary>Two nodes on one store with an auth method at <c>auth/call/</c>, and short ways to ask about identities.</summary>
internal sealed class IdentityBed : IAsyncDisposable
{
    private static readonly SecretText Nobody = new("");

    private IdentityBed(MemoryStore store, TestNode node, TestNode other)
    {
        Store = store;
        Node = node;
        Other = other;
    }

    public MemoryStore Store { get; }

    public TestNode Node { get; }

    public TestNode Other { get; }

    /// <summary>Of the method's mount.</summary>
    public string Accessor { get; private set; } = "";

    public static async Task<IdentityBed> CreateAsync()
    {
        var store = new MemoryStore();
        var node = await TestNode.CreateAsync(store, new CallMethod(), new NotesEngine());
        var bed = new IdentityBed(store, node, await TestNode.JoinAsync(store, node, new CallMethod(), new NotesEngine()));
        bed.Accessor = await bed.EnableAsync("call");
        return bed;
    }

    /// <summary>Mounts the method at another path, as both nodes know then, and answers the accessor.</summary>
    public async Task<string> EnableAsync(string path)
    {
        await Node.WriteAsync($"sys/auth/{path}", """{"type":"call"}""").Ok();
        await AtOtherAsync(Operation.Read, "sys/auth").Ok();
        return (await Node.ReadAsync("sys/auth").Ok()).Json().GetProperty(path + "/").Text("accessor");
    }

    public Task<IssuedToken> LoginAsync(string name, string more = "", TestNode? at = null) => LoginAtAsync("call", name, more, at);

    public async Task<IssuedToken> LoginAtAsync(string path, string name, string more = "", TestNode? at = null)
    {
        var body = $"{{\"name\":{JsonSerializer.Serialize(name)}{(more.Length > 0 ? "," + more : "")}}}";
        return (await TryLoginAsync(body, path, at).Ok()).Auth!;
    }

    public Task<Response> TryLoginAsync(string body, string path = "call", TestNode? at = null) => (at ?? Node).WriteAsync($"auth/{path}/login", body, Nobody);

    public Task<Response> WriteAsync(string path, string body = "") => Node.WriteAsync("identity/" + path, body);

    public async Task<string> CreateAsync(string path, string body) => (await WriteAsync(path, body).Ok()).Json().Text("id");

    public async Task<JsonElement> ReadAsync(string path) => (await Node.ReadAsync("identity/" + path).Ok()).Json();

    public async Task<JsonElement> ListAsync(string path, string body = "") =>
        (await Node.AskAsync(Operation.List, "identity/" + path, body).Ok()).Json();

    public Task<Response> DeleteAsync(string path) => Node.DeleteAsync("identity/" + path);

    public async Task<JsonElement> EntityOfAsync(IssuedToken token) => await ReadAsync("entity/id/" + token.EntityId);

    /// <summary>Asks the other node, once it has seen all that this one has.</summary>
    public async Task<Response> AtOtherAsync(Operation operation, string path, string body = "", SecretText? token = null) =>
        await Other.AskAsync(operation, path, body, token, index: await Store.HeadAsync(default));

    /// <summary>Writes a policy that lets its holder read one path.</summary>
    public Task PolicyAsync(string name, string path) =>
        Node.WriteAsync($"sys/policies/acl/{name}", JsonSerializer.Serialize(new { policy = $"path \"{path}\" {{ capabilities = [\"read\"] }}" })).Ok();

    /// <summary>What a token may do at a path, on the other node.</summary>
    public async Task<string> MayAsync(IssuedToken token, string path)
    {
        var body = JsonSerializer.Serialize(new { paths = path });
        var answer = await AtOtherAsync(Operation.Update, "sys/capabilities-self", body, token.ClientToken);
        return answer.Failure is { } failure ? failure.Kind.ToString() : string.Join(' ', answer.Json().Texts("capabilities"));
    }

    /// <summary>Everything that is stored of identities, but what is there from the start.</summary>
    public async Task<IReadOnlyList<string>> StoredAsync() =>
        [.. (await Node.Node.Barrier.System(NamespaceId.Root).Folder("identity/").ScanAsync("", 0, default)).Where(p => p is not ("mfa/enforcements" or "oidc/config" or "oidc/stamp"))];

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Other.DisposeAsync();
        await Store.DisposeAsync();
        Assert.Empty(Node.Faults);
        Assert.Empty(Other.Faults);
    }
}

internal static class IdentityAnswers
{
    public static string[] Texts(this JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(e => e.GetString()!)];
}
