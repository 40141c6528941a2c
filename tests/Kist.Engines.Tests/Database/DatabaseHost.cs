using System.Text.Json.Nodes;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Engines.Database;
using Kist.Engines.Database.Stored;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database;

/// <summary>A mounted engine over a store in memory, behind routing and binding but without tokens, policies, leases and audit.</summary>
internal sealed class DatabaseHost : IAsyncDisposable
{
    private readonly BarrierBuilder nodes;
    private readonly BarrierStore barrier;
    private readonly DatabaseMountType engine;
    private readonly Mount mount;

    private DatabaseHost(BarrierBuilder nodes, BarrierStore barrier)
    {
        this.nodes = nodes;
        this.barrier = barrier;
        engine = new DatabaseMountType(nodes.Clock);
        mount = new Mount { Id = 7, Path = "database/", Kind = MountKind.Secrets, Type = engine, TypeName = "database", Accessor = "database_1" };
    }

    /// <summary>The store of all nodes.</summary>
    public HookedStore Store => (HookedStore)nodes.Store;

    public TestClock Clock => nodes.Clock;

    public StorageView Storage => barrier.ForMount(mount);

    public DatabaseMountType Engine => engine;

    /// <summary>With a hook at the boundaries between commits and effects.</summary>
    public static async Task<DatabaseHost> StartAsync(Func<string, CancellationToken, ValueTask>? checkpoint = null)
    {
        var builder = new BarrierBuilder
        {
            Store = new HookedStore(new MemoryStore()),
            Options = new BarrierOptions { Checkpoint = checkpoint },
        };
        var host = new DatabaseHost(builder, (await builder.NodeAsync()).Barrier);
        // Otherwise the next commit might be the barrier's own reservation.
        await host.Storage.Begin().Put(host.Storage, "reserved", ReadOnlyMemory<byte>.Empty).CommitAsync(default);
        await host.Storage.Begin().Delete(host.Storage, "reserved").CommitAsync(default);
        return host;
    }

    /// <summary>Another node on this one's store, which knows nothing but what is stored.</summary>
    public async Task<DatabaseHost> StartPeerAsync() => new(nodes, (await nodes.NodeAsync()).Barrier);

    /// <summary>Makes the connection <c>db</c>.</summary>
    public Task<DatabaseAnswer> ConnectAsync(int port, string username, string password, string more = "") =>
        WriteAsync("config/db", Connection(port, username, password, more));

    public static string Connection(int port, string username, string password, string more = "") => $$$"""
        {"plugin_name":"postgresql-database-plugin","allowed_roles":"*","username":"{{{username}}}","password":"{{{password}}}",
         "connection_url":"postgresql://{{username}}:{{password}}@{{{PrivateServer.Host}}}:{{{port}}}/postgres"{{{(more.Length == 0 ? "" : "," + more)}}}}
        """;

    public Task<DatabaseAnswer> WriteAsync(string path, string? body = null) => SendAsync(Operation.Update, path, body);

    public Task<DatabaseAnswer> ReadAsync(string path) => SendAsync(Operation.Read, path, null);

    public Task<DatabaseAnswer> DeleteAsync(string path) => SendAsync(Operation.Delete, path, null);

    public Task<DatabaseAnswer> ListAsync(string path) => SendAsync(Operation.List, path, null);

    /// <summary>Does what the leader does now and then.</summary>
    public async Task TendAsync()
    {
        await using var leadership = await Store.CampaignAsync("test", default);
        await engine.TendAsync(Storage, leadership.Fence, default);
    }

    public async Task<ConnectionRecord> StoredConnectionAsync() => (await DatabaseStore.ReadConnectionAsync(Storage, "db", default))!.Value.Record;

    public async Task<StaticRoleRecord> StoredRoleAsync(string name) => (await DatabaseStore.ReadStaticRoleAsync(Storage, name, default))!.Value.Record;

    /// <summary>The password that a client gets.</summary>
    public async Task<string> PasswordAsync(string role) => (await ReadAsync($"static-creds/{role}").Ok()).Text("password");

    public async Task<DatabaseAnswer> SendAsync(Operation operation, string path, string? body)
    {
        var (context, answer) = await new EngineCall(mount, Storage).SendAsync(operation, path, body);
        return new DatabaseAnswer(answer.Succeeded ? "ok" : answer.Failure.Code, answer.Succeeded ? answer.Value : null)
        {
            Failure = answer.Failure,
            Warnings = context.Warnings,
            Operation = context.Request.Operation,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync();
        barrier.Seal();
    }
}

/// <summary>What a mount answered.</summary>
/// <param name="Result"><c>ok</c> or the failure's code.</param>
/// <param name="Body">The body, or null.</param>
public sealed record DatabaseAnswer(string Result, JsonNode? Body)
{
    public Failure? Failure { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public Operation Operation { get; init; }

    public IReadOnlyList<string> Keys => Body is null ? [] : [.. Body["keys"]!.AsArray().Select(key => key!.GetValue<string>())];

    public string Text(string name) => Body![name]!.GetValue<string>();

    public int Number(string name) => Body![name]!.GetValue<int>();

    public override string ToString() => $"{Result} {Body?.ToJsonString()} {Failure?.Message}";
}

/// <summary>Asserts on answers.</summary>
internal static class DatabaseAnswers
{
    public static async Task<DatabaseAnswer> Ok(this Task<DatabaseAnswer> asked) => await asked.Is("ok");

    public static async Task<DatabaseAnswer> Is(this Task<DatabaseAnswer> asked, string result)
    {
        var answer = await asked;
        Assert.True(answer.Result == result, $"expected {result}: {answer}");
        return answer;
    }
}
