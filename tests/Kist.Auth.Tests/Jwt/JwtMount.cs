using System.Text.Json;
using Kist.Auth.Jwt;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.Tests.Jwt;

/// <summary>The method at <c>auth/jwt/</c> on two nodes of one store, with a clock of the tests' own.</summary>
internal sealed class JwtMount : IAsyncDisposable
{
    private static readonly SecretText Nobody = new("");

    private readonly MemoryStore store;
    private long written;

    private JwtMount(MemoryStore store, ManualClock clock, TestNode node, TestNode other) =>
        (this.store, Clock, Node, Other) = (store, clock, node, other);

    public ManualClock Clock { get; }

    public TestNode Node { get; }

    public TestNode Other { get; }

    /// <summary>The clock's seconds since 1970.</summary>
    public long Now => Clock.GetUtcNow().ToUnixTimeSeconds();

    public static async Task<JwtMount> CreateAsync()
    {
        var memory = new MemoryStore();
        var clock = new ManualClock();
        var node = await TestNode.CreateAsync(memory, new JwtMountType(clock));
        var other = await TestNode.JoinAsync(memory, node, new JwtMountType(clock));
        var mounted = await node.WriteAsync("sys/auth/jwt", """{"type":"jwt"}""").Ok();
        return new JwtMount(memory, clock, node, other) { written = mounted.Index };
    }

    public Task<Response> ConfigureAsync(object config) => WriteAsync("config", JsonSerializer.Serialize(config));

    public Task<Response> RoleAsync(string name, string role) => WriteAsync($"role/{name}", role);

    public async Task DeleteRoleAsync(string name) => written = (await Node.DeleteAsync($"auth/jwt/role/{name}").Ok()).Index;

    /// <summary>Asks one node, or the other, which waits until it has seen what was written.</summary>
    public Task<Response> AskAsync(string token, string? role = "ci", TestNode? at = null) => (at ?? Node).AskAsync(
        Operation.Update, "auth/jwt/login", JsonSerializer.Serialize(new { jwt = token, role }), Nobody, index: written);

    /// <summary>Reads at the second node.</summary>
    public Task<Response> ReadAsync(string path) => Other.AskAsync(Operation.Read, $"auth/jwt/{path}", "", index: written);

    /// <summary>Renews at the second node.</summary>
    public Task<Response> RenewAsync(SecretText token) => Other.AskAsync(Operation.Update, "auth/token/renew-self", "", token, index: written);

    /// <summary>Asks both nodes, which agree, and gives the second one's token.</summary>
    public async Task<IssuedToken> LoginAsync(string token, string? role = "ci")
    {
        await AskAsync(token, role).Ok();
        return (await AskAsync(token, role, Other).Ok()).Auth!;
    }

    /// <summary>Asks both nodes, which agree.</summary>
    public async Task<Failure> RefusedAsync(string token, FailureKind kind, string? role = "ci")
    {
        var failure = await AskAsync(token, role).Fails(kind);
        Assert.Equal(failure, await AskAsync(token, role, Other).Fails(kind));
        return failure;
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Other.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(Node.Faults);
        Assert.Empty(Other.Faults);
    }

    private async Task<Response> WriteAsync(string path, string body)
    {
        var response = await Node.WriteAsync($"auth/jwt/{path}", body);
        written = Math.Max(written, response.Index);
        return response;
    }
}
