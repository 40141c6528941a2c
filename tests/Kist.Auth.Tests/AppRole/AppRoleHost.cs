using System.Net;
using System.Text.Json;
using Kist.Auth.AppRole;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Tokens;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.Tests.AppRole;

/// <summary>Two nodes of one store with the method at <c>auth/approle</c>, whose clock the test moves.</summary>
internal sealed class AppRoleHost : IAsyncDisposable
{
    private static readonly SecretText Nobody = new("");

    private readonly MemoryStore memory = new();
    private Leadership tending = null!;

    private AppRoleHost() => Store = new HookedStore(memory);

    public MovableClock Clock { get; } = new();

    public HookedStore Store { get; }

    public TestNode Node { get; private set; } = null!;

    public TestNode Other { get; private set; } = null!;

    public static async Task<AppRoleHost> StartAsync()
    {
        var host = new AppRoleHost();
        // The nodes tend no mounts meanwhile: the test does.
        host.tending = await host.Store.CampaignAsync("tending", default);
        host.Node = await TestNode.CreateAsync(host.Store, new AppRoleMountType(host.Clock));
        host.Other = await TestNode.JoinAsync(host.Store, host.Node, new AppRoleMountType(host.Clock));
        await host.Node.WriteAsync("sys/auth/approle", """{"type":"approle"}""").Ok();
        await host.SyncAsync();
        return host;
    }

    public Task<Response> RoleAsync(string name, string fields = "{}") => Node.WriteAsync($"auth/approle/role/{name}", fields);

    public Task<Response> WriteAsync(string path, string fields = "{}") => Node.WriteAsync($"auth/approle/role/{path}", fields);

    public async Task<JsonElement> ReadAsync(string path, TestNode? at = null)
    {
        await SyncAsync();
        return (await (at ?? Node).ReadAsync($"auth/approle/role/{path}").Ok()).Json();
    }

    public async Task<string> RoleIdAsync(string name) => (await ReadAsync($"{name}/role-id")).Text("role_id");

    /// <summary>Makes a secret id.</summary>
    public async Task<(string Id, string Accessor)> SecretIdAsync(string role, string fields = "{}")
    {
        var made = (await WriteAsync($"{role}/secret-id", fields).Ok()).Json();
        return (made.Text("secret_id"), made.Text("secret_id_accessor"));
    }

    public Task<Response> TryAsync(string roleId, string secretId, TestNode? at = null, string client = "127.0.0.1") => (at ?? Node).AskAsync(
        Operation.Update, "auth/approle/login", JsonSerializer.Serialize(new { role_id = roleId, secret_id = secretId }), Nobody, client: IPAddress.Parse(client));

    public async Task<IssuedToken> LogInAsync(string roleId, string secretId, TestNode? at = null, string client = "127.0.0.1") =>
        (await TryAsync(roleId, secretId, at, client).Ok()).Auth!;

    /// <summary>Asserts that a login is refused with the one answer that there is.</summary>
    public async Task RefusedAsync(string roleId, string secretId, TestNode? at = null, string client = "127.0.0.1")
    {
        var response = await TryAsync(roleId, secretId, at, client);
        Assert.Null(response.Auth);
        Assert.Equal(new Failure(FailureKind.Invalid, "approle.refused", "invalid role or secret ID"), response.Failure);
        Assert.Empty(response.Warnings);
    }

    /// <summary>Waits until both nodes have seen all that is in the store: what they answer to reads may be a little old otherwise.</summary>
    public async Task SyncAsync()
    {
        var head = await Store.HeadAsync(CancellationToken.None);
        Assert.True(await Node.Node.ReachedAsync(head, TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.True(await Other.Node.ReachedAsync(head, TimeSpan.FromMinutes(1), CancellationToken.None));
    }

    /// <summary>Reads on the other node, once it has seen everything.</summary>
    public async Task<Response> ReadThereAsync(string path)
    {
        await SyncAsync();
        return await Other.ReadAsync(path);
    }

    /// <summary>Lists on the other node, once it has seen everything.</summary>
    public async Task<Response> ListThereAsync(string path)
    {
        await SyncAsync();
        return await Other.ListAsync(path);
    }

    /// <summary>Renews a token on the other node, once it has seen everything.</summary>
    public async Task<Response> RenewThereAsync(SecretText token)
    {
        await SyncAsync();
        return await Other.WriteAsync("auth/token/renew-self", "", token);
    }

    /// <summary>The mount's storage, as all see it.</summary>
    public async Task<StorageView> StorageAsync()
    {
        await SyncAsync();
        Assert.True((await Node.Node.Mounts.CurrentAsync(CancellationToken.None)).TryGet("auth/approle/", out var mount));
        return Node.Node.Barrier.ForMount(mount);
    }

    /// <summary>Everything that the mount has stored, in clear as a thief of the store sees the names.</summary>
    public async Task<IReadOnlyList<string>> StoredPathsAsync() => await (await StorageAsync()).ScanAsync("", 0, CancellationToken.None);

    /// <summary>Does what the leader does now and then.</summary>
    public async Task TendAsync(AppRoleMountType? leader = null) =>
        await (leader ?? new AppRoleMountType(Clock)).TendAsync(await StorageAsync(), tending.Fence, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Other.DisposeAsync();
        await tending.DisposeAsync();
        await memory.DisposeAsync();
        Assert.Empty(Node.Faults);
        Assert.Empty(Other.Faults);
    }
}
