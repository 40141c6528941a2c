using System.Text.Json;
using Kist.Auth.Kubernetes;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>The method at <c>auth/kubernetes/</c> on two nodes of one store, in a pod when there is a directory for one.</summary>
internal sealed class KubernetesMount : IAsyncDisposable
{
    private static readonly SecretText Nobody = new("");

    private readonly MemoryStore store;
    private long written;

    private KubernetesMount(MemoryStore store, ShiftedClock clock, TestNode node, TestNode other) =>
        (this.store, Clock, Node, Other) = (store, clock, node, other);

    public ShiftedClock Clock { get; }

    public TestNode Node { get; }

    public TestNode Other { get; }

    public static async Task<KubernetesMount> CreateAsync(string podDirectory = "/nonexistent")
    {
        var memory = new MemoryStore();
        var clock = new ShiftedClock();
        var node = await TestNode.CreateAsync(memory, new KubernetesMountType(clock, podDirectory));
        var other = await TestNode.JoinAsync(memory, node, new KubernetesMountType(clock, podDirectory));
        var mounted = await node.WriteAsync("sys/auth/kubernetes", """{"type":"kubernetes"}""").Ok();
        return new KubernetesMount(memory, clock, node, other) { written = mounted.Index };
    }

    public Task<Response> ConfigureAsync(object config) => WriteAsync("config", JsonSerializer.Serialize(config));

    public Task<Response> RoleAsync(string name, object role) => WriteAsync($"role/{name}", JsonSerializer.Serialize(role));

    public async Task DeleteRoleAsync(string name) => written = (await Node.DeleteAsync($"auth/kubernetes/role/{name}").Ok()).Index;

    /// <summary>Asks one node, or the other, which waits until it has seen what was written.</summary>
    public Task<Response> AskAsync(string token, string? role = "app", TestNode? at = null) => (at ?? Node).AskAsync(
        Operation.Update, "auth/kubernetes/login", JsonSerializer.Serialize(new { jwt = token, role }), Nobody, index: written);

    /// <summary>Reads at the second node.</summary>
    public Task<Response> ReadAsync(string path) => Other.AskAsync(Operation.Read, $"auth/kubernetes/{path}", "", index: written);

    /// <summary>Renews at the second node.</summary>
    public Task<Response> RenewAsync(SecretText token) => Other.AskAsync(Operation.Update, "auth/token/renew-self", "", token, index: written);

    /// <summary>Asks both nodes, which agree, and gives the second one's token.</summary>
    public async Task<IssuedToken> LoginAsync(string token, string? role = "app")
    {
        await AskAsync(token, role).Ok();
        return (await AskAsync(token, role, Other).Ok()).Auth!;
    }

    /// <summary>Asks both nodes, which agree.</summary>
    public async Task<Failure> RefusedAsync(string token, FailureKind kind, string? role = "app")
    {
        var failure = await AskAsync(token, role).Fails(kind);
        Assert.Equal(failure, await AskAsync(token, role, Other).Fails(kind));
        return failure;
    }

    /// <summary>Asks until the API server has seen a change, which it does by watching its own store.</summary>
    public async Task<Failure> SoonRefusedAsync(string token, FailureKind kind, string? role = "app")
    {
        for (var attempt = 0; attempt < 600 && (await AskAsync(token, role)).Failure?.Kind != kind; attempt++)
            await Task.Delay(50);
        return await RefusedAsync(token, kind, role);
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
        var response = await Node.WriteAsync($"auth/kubernetes/{path}", body);
        written = Math.Max(written, response.Index);
        return response;
    }
}
