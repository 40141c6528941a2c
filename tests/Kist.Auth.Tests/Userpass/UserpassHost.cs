using System.Net;
using Kist.Auth.Userpass;
using Kist.Auth.Userpass.Passwords;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Tokens;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.Tests.Userpass;

/// <summary>Two nodes of one store with the method at <c>auth/userpass</c>, whose clock the test moves and whose hashes are cheap.</summary>
internal sealed class UserpassHost : IAsyncDisposable
{
    public static readonly PasswordCost Cheap = new(1, 8);

    private static readonly SecretText Nobody = new("");

    private readonly MemoryStore memory = new();

    private UserpassHost() => Store = new HookedStore(memory);

    public MovableClock Clock { get; } = new();

    public HookedStore Store { get; }

    public TestNode Node { get; private set; } = null!;

    public TestNode Other { get; private set; } = null!;

    public static async Task<UserpassHost> StartAsync(PasswordCost? cost = null, PasswordCost? costOfOther = null)
    {
        var host = new UserpassHost();
        host.Node = await TestNode.CreateAsync(host.Store, new UserpassMountType(host.Clock, cost ?? Cheap));
        host.Other = await TestNode.JoinAsync(host.Store, host.Node, new UserpassMountType(host.Clock, costOfOther ?? cost ?? Cheap));
        await host.Node.WriteAsync("sys/auth/userpass", """{"type":"userpass"}""").Ok();
        await host.SyncAsync();
        return host;
    }

    public Task<Response> UserAsync(string name, string fields) => Node.WriteAsync($"auth/userpass/users/{name}", fields);

    /// <summary>Tries to log in.</summary>
    public Task<Response> TryAsync(string name, string password, TestNode? at = null, string client = "127.0.0.1") => (at ?? Node).AskAsync(
        Operation.Update, $"auth/userpass/login/{name}", $$"""{"password":"{{password}}"}""", Nobody, client: IPAddress.Parse(client));

    public async Task<IssuedToken> LogInAsync(string name, string password, TestNode? at = null) => (await TryAsync(name, password, at).Ok()).Auth!;

    /// <summary>Asserts that a login is refused with the one answer that there is.</summary>
    public async Task RefusedAsync(string name, string password, TestNode? at = null, string client = "127.0.0.1")
    {
        var response = await TryAsync(name, password, at, client);
        Assert.Null(response.Auth);
        Assert.Equal(new Failure(FailureKind.Invalid, "userpass.refused", "invalid username or password"), response.Failure);
        Assert.Empty(response.Warnings);
    }

    public async Task FailAsync(string name, int times, TestNode? at = null)
    {
        for (var i = 0; i < times; i++)
            await RefusedAsync(name, "wrong", at);
    }

    /// <summary>Waits until both nodes have seen all that is in the store: what they answer to reads may be a little old otherwise.</summary>
    public async Task SyncAsync()
    {
        var head = await Store.HeadAsync(default);
        Assert.True(await Node.Node.ReachedAsync(head, TimeSpan.FromMinutes(1), default));
        Assert.True(await Other.Node.ReachedAsync(head, TimeSpan.FromMinutes(1), default));
    }

    /// <summary>Reads on the other node, once it has seen everything.</summary>
    public async Task<Response> ReadThereAsync(string path)
    {
        await SyncAsync();
        return await Other.ReadAsync(path);
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
        Assert.True((await Node.Node.Mounts.CurrentAsync(default)).TryGet("auth/userpass/", out var mount));
        return Node.Node.Barrier.ForMount(mount);
    }

    public async Task<PasswordHash> StoredHashAsync(string name) => (await UserStore.ReadUserAsync(await StorageAsync(), name, default))!.Value.Record.Password;

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Other.DisposeAsync();
        await memory.DisposeAsync();
        Assert.Empty(Node.Faults);
        Assert.Empty(Other.Faults);
    }
}
