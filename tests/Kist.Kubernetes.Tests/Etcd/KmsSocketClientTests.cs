using Google.Protobuf;
using Kist.Api.Grpc;
using Kist.Core;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Encryption;
using Kist.Kubernetes.Etcd;
using Kist.Kubernetes.Kms;
using Kist.Kubernetes.Kms.Messages;
using Kist.Wire.Grpc;
using Kist.Wire.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Kist.Kubernetes.Tests.Etcd;

/// <summary>The client against a plugin on a real socket.</summary>
public sealed class KmsSocketClientTests : IAsyncDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-kms-").FullName;
    private readonly VectorFile vectors = new(VectorFile.SnapshotName);
    private readonly StubKmsPlugin stub;
    private readonly List<DecryptRequest> asked = [];
    private WebApplication? application;
    private GrpcException? fault;
    private string healthz = "ok";

    public KmsSocketClientTests() => stub = vectors.Plugin;

    private string Socket => Path.Combine(home, "kms.sock");

    [Fact]
    public async Task Values_of_both_versions_are_decrypted_by_the_plugin_and_a_seed_is_asked_for_once()
    {
        await StartAsync();
        var clients = new List<KmsSocketClient>();
        using var chains = Configured(clients);
        Assert.All(await Task.WhenAll(clients.Select(c => c.GreetAsync(CancellationToken.None))), Assert.Null);
        using var inspector = new ObjectInspector(chains, InspectionDepth.Everything);
        using var source = SnapshotSource.Open(VectorFile.Snapshot, CancellationToken.None);
        var scan = new ObjectScan(source, ResourceSelection.Parse("/registry", ["secrets", "configmaps"]).Ok(), inspector);
        var states = new Dictionary<string, Inspection>(StringComparer.Ordinal);
        await foreach (var one in scan.ReadAsync(null, CancellationToken.None))
            states.Add(KeyText.Of(one.Entry.Key.Span), one.Inspection);

        Assert.All(vectors.Entries, v => Assert.Null(states[v.Key].Failure));
        Assert.All(vectors.Entries.Where(v => v.Provider == "kms-v2"), v => Assert.Equal(ObjectState.Encrypted, states[v.Key].State));
        Assert.True(asked.Count < vectors.Entries.Count(v => v.Provider == "kms-v2"), $"{asked.Count} requests");
        Assert.All(asked, r => Assert.True(Guid.TryParse(r.Uid, out _)));
        foreach (var client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task Key_id_that_the_plugin_no_longer_uses_makes_values_stale()
    {
        stub.CurrentKeyId = "kek-2";
        await StartAsync();
        var clients = new List<KmsSocketClient>();
        using var chains = Configured(clients);
        foreach (var client in clients)
            await client.GreetAsync(CancellationToken.None);
        var vector = vectors.Entries.First(v => v.Provider == "kms-v2");
        Assert.Equal(StaleReasons.KmsKeyId, chains.For(GroupResource.Parse("secrets")).Classify(vector.Value).Stale);
        foreach (var client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task Refusal_is_an_answer_and_silence_is_none()
    {
        await StartAsync();
        using var client = Client();
        fault = new GrpcException(GrpcStatusCode.NotFound, "no such key");
        var refused = (await client.DecryptAsync(Wrapped, CancellationToken.None)).Failure!;
        Assert.Equal((FailureKind.Invalid, "rpc error: code = NotFound desc = no such key"), (refused.Kind, refused.Message));

        fault = new GrpcException(GrpcStatusCode.Unavailable, "remote key is away");
        for (var i = 0; i < 5; i++)
            Assert.Equal(FailureKind.Unavailable, (await client.DecryptAsync(Wrapped, CancellationToken.None)).Failure!.Kind);
        // Asked no more after the third.
        Assert.Equal(4, asked.Count);
    }

    [Fact]
    public async Task Plugin_that_is_not_there_is_named_with_its_socket()
    {
        using var client = Client();
        var failure = (await client.GreetAsync(CancellationToken.None))!;
        Assert.Equal(FailureKind.Unavailable, failure.Kind);
        Assert.Equal($"the KMS plugin \"kms-two\" at unix://{Socket} does not answer: there is no such socket", failure.Message);
    }

    [Fact]
    public async Task Plugin_that_is_unwell_says_why()
    {
        healthz = "no HSM";
        await StartAsync();
        using var client = Client();
        Assert.Contains("no HSM", (await client.GreetAsync(CancellationToken.None))!.Message);
    }

    public async ValueTask DisposeAsync()
    {
        if (application is not null)
            await application.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    private static KmsCiphertext Wrapped => new(new byte[40], "kek-1", []);

    private KmsSocketClient Client() => KmsSocketClient.Create(new KmsConfiguration(
        "v2", "kms-two", $"unix://{Socket}", new KmsTimeout(TimeSpan.FromSeconds(3), "3s"), null, Place.File))!;

    private ProviderChains Configured(List<KmsSocketClient> clients)
    {
        var text = vectors.Config
            .Replace("unix:///tmp/k8senc/run/kms1.sock", $"unix://{Socket}", StringComparison.Ordinal)
            .Replace("unix:///tmp/k8senc/run/kms2.sock", $"unix://{Socket}", StringComparison.Ordinal);
        return ProviderChains.Create(ConfigurationFile.Load(text, Chains.Facts).Ok(), Find, new AtRestOptions()).Ok();

        KmsSocketClient? Find(KmsConfiguration kms)
        {
            clients.Add(KmsSocketClient.Create(kms)!);
            return clients[^1];
        }
    }

    private async Task StartAsync()
    {
        var v2 = new KmsV2Methods("v2");
        var server = new GrpcServer(new GrpcServerOptions());
        server.Unary(v2.Status, (_, _, _) => ValueTask.FromResult(new StatusResponse { Version = "v2", Healthz = healthz, KeyId = stub.CurrentKeyId }));
        server.Unary(v2.Decrypt, async (request, _, cancellation) =>
        {
            asked.Add(request);
            var annotations = request.Annotations.Select(a => new KmsAnnotation(a.Key, a.Value.Memory));
            return new DecryptResponse { Plaintext = await DecryptAsync(new KmsCiphertext(request.Ciphertext.Memory, request.KeyId, [.. annotations]), cancellation) };
        });
        server.Unary(KmsV1Methods.Version, (_, _, _) => ValueTask.FromResult(new V1VersionResponse { Version = "v1beta1" }));
        server.Unary(KmsV1Methods.Decrypt, async (request, _, cancellation) =>
            new V1DecryptResponse { Plain = await DecryptAsync(new KmsCiphertext(request.Cipher.Memory, "", []), cancellation) });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Socket, o => o.Protocols = HttpProtocols.Http2));
        application = builder.Build();
        application.Run(context => GrpcRequests.HandleAsync(context, server));
        await application.StartAsync();
    }

    private async Task<ByteString> DecryptAsync(KmsCiphertext wrapped, CancellationToken cancellation)
    {
        if (fault is not null)
            throw fault;
        var key = await stub.DecryptAsync(wrapped, cancellation);
        return key.Succeeded
            ? ByteString.CopyFrom(key.Value.Span)
            : throw new GrpcException(GrpcStatusCode.InvalidArgument, key.Failure.Message);
    }
}
