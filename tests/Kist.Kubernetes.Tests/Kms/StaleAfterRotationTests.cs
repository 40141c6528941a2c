using System.Text;
using Google.Protobuf;
using Kist.Api.Grpc;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Kms;
using Kist.Kubernetes.Kms.Messages;
using Kist.Wire.Grpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Kist.Kubernetes.Tests.Kms;

/// <summary>
/// Two plugins on their sockets and an API server's KMS v2 chain on each, as on two nodes: which objects count as stale, by what a report looks at, before
/// and after a rotation of the remote key.
/// </summary>
public sealed class StaleAfterRotationTests : IAsyncLifetime
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-kms-").FullName;
    private readonly FakeTransit transit = new();
    private readonly ShiftedTime time = new();
    private readonly Dictionary<string, byte[]> stored = new(StringComparer.Ordinal);
    private readonly List<ApiServer> nodes = [];

    public async Task InitializeAsync()
    {
        for (var node = 0; node < 2; node++)
            nodes.Add(await ApiServer.StartAsync(Path.Combine(home, $"{node}.sock"), transit, time));
    }

    public async Task DisposeAsync()
    {
        foreach (var node in nodes)
            await node.DisposeAsync();
        transit.Dispose();
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task After_a_rotation_all_is_stale_for_both_nodes_and_after_a_rewrite_by_either_nothing_is()
    {
        for (var i = 0; i < 6; i++)
            stored[$"/registry/secrets/app/s{i}"] = await nodes[i % 2].WriteAsync($"s{i}");
        await ReportsAsync(encrypted: 6, stale: 0);

        transit.Rotate();
        foreach (var node in nodes)
            await node.PollAsync();
        await ReportsAsync(encrypted: 0, stale: 6);

        // As a storage migration does: read and written again, by whichever node is asked.
        string[] keys = [.. stored.Keys];
        foreach (var (number, key) in keys.Index())
            stored[key] = await nodes[(number + 1) % 2].WriteAsync(await nodes[number % 2].ReadAsync(key, stored[key]));
        await ReportsAsync(encrypted: 6, stale: 0);
    }

    [Fact]
    public async Task What_the_first_node_to_know_of_a_rotation_writes_is_current_for_the_other_once_it_knows()
    {
        transit.Rotate();
        await nodes[0].PollAsync();
        stored["/registry/secrets/app/s0"] = await nodes[0].WriteAsync("s0");
        Assert.Equal(ObjectState.Encrypted, await nodes[0].StateAsync("/registry/secrets/app/s0", stored["/registry/secrets/app/s0"]));
        await nodes[1].PollAsync();
        await ReportsAsync(encrypted: 1, stale: 0);
    }

    private async Task ReportsAsync(int encrypted, int stale)
    {
        foreach (var node in nodes)
        {
            var states = new List<ObjectState>();
            foreach (var (key, value) in stored)
                states.Add(await node.StateAsync(key, value));
            Assert.Equal((encrypted, stale), (states.Count(s => s == ObjectState.Encrypted), states.Count(s => s == ObjectState.Stale)));
            Assert.Equal(stored.Count, encrypted + stale);
        }
    }

    /// <summary>A plugin behind its socket, and the chain that an API server makes of a configuration with it.</summary>
    private sealed class ApiServer : IAsyncDisposable, IKmsDecrypter, IKmsEncrypter, IKmsKeyId
    {
        private static readonly KmsV2Methods V2 = new("v2");

        private readonly TestPlugin plugin;
        private readonly WebApplication socket;
        private readonly KmsSocketClient client;
        private readonly GrpcChannel channel;
        private readonly ProviderChains chains;

        private ApiServer(TestPlugin plugin, WebApplication socket, string path)
        {
            this.plugin = plugin;
            this.socket = socket;
            var kms = new KmsConfiguration("v2", "kist", $"unix://{path}", new KmsTimeout(TimeSpan.FromSeconds(20), "20s"), null, Place.File);
            client = KmsSocketClient.Create(kms)!;
            channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri($"unix://{path}") });
            chains = Chains.Of(Chains.Config("kms: v2 kist"), this);
        }

        public string? CurrentKeyId => client.CurrentKeyId;

        public static async Task<ApiServer> StartAsync(string path, FakeTransit transit, ShiftedTime time)
        {
            var made = await TestPlugin.ServingAsync(transit, time);
            var server = new KmsService(made.Plugin, null, made.Metrics, time, "test").Serve(new HashSet<KmsApi> { KmsApi.V2 }, made.Fault);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(path, o => o.Protocols = HttpProtocols.Http2));
            var listener = builder.Build();
            listener.Run(context => GrpcRequests.HandleAsync(context, server));
            await listener.StartAsync();
            var node = new ApiServer(made, listener, path);
            Assert.Null(await node.client.GreetAsync(default));
            return node;
        }

        /// <summary>The plugin asks its remote key, and the API server asks for Status.</summary>
        public async Task PollAsync()
        {
            await plugin.PollAsync();
            Assert.Null(await client.GreetAsync(default));
        }

        public async Task<byte[]> WriteAsync(string name) =>
            (await Secrets.WriteAsync(Encoding.UTF8.GetBytes($"/registry/secrets/app/{name}"), Secret(name), default)).Ok();

        public async Task<string> ReadAsync(string key, byte[] value)
        {
            using var plaintext = new SecretBuffer();
            (await Secrets.ReadAsync(Encoding.UTF8.GetBytes(key), value, plaintext, default)).Ok();
            var name = key.Split('/')[^1];
            Assert.Equal(Secret(name), plaintext.Written.ToArray());
            return name;
        }

        public async Task<ObjectState> StateAsync(string key, byte[] value)
        {
            using var plaintext = new SecretBuffer();
            var inspected = await Secrets.InspectAsync(null, Encoding.UTF8.GetBytes(key), value, plaintext, default);
            Assert.Null(inspected.Failure);
            // Which a report needs no plugin for.
            Assert.Equal(inspected.State, Secrets.Classify(value).State);
            return inspected.State;
        }

        public ValueTask<Outcome<SecretBytes>> DecryptAsync(KmsCiphertext wrapped, CancellationToken cancellationToken) =>
            client.DecryptAsync(wrapped, cancellationToken);

        public async ValueTask<Outcome<KmsCiphertext>> EncryptAsync(SecretBytes key, CancellationToken cancellationToken)
        {
            var request = new EncryptRequest { Plaintext = ByteString.CopyFrom(key.Span), Uid = Guid.NewGuid().ToString() };
            var answer = await channel.UnaryAsync(V2.Encrypt, request, new GrpcCallOptions { Timeout = TimeSpan.FromSeconds(20) }, cancellationToken);
            return new KmsCiphertext(answer.Ciphertext.Memory, answer.KeyId, [.. answer.Annotations.Select(a => new KmsAnnotation(a.Key, a.Value.Memory))]);
        }

        public async ValueTask DisposeAsync()
        {
            chains.Dispose();
            client.Dispose();
            channel.Dispose();
            await socket.DisposeAsync();
            plugin.Dispose();
        }

        private ProviderChain Secrets => chains.For(GroupResource.Parse("secrets"));

        private static byte[] Secret(string name) => Encoding.UTF8.GetBytes(
            $$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{name}}","namespace":"app"},"data":{"v":"eA=="} }""");
    }
}
