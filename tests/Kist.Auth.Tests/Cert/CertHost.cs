using System.Text.Json;
using Kist.Auth.Cert;
using Kist.Core;
using Kist.Core.Certificates;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Auth.Tests.Cert;

/// <summary>Two nodes on one store with the method at <c>auth/cert/</c>, and short ways to ask them.</summary>
public sealed class CertHost : IAsyncDisposable
{
    private static readonly SecretText Nobody = new("");

    private readonly MemoryStore store = new();

    private CertHost(FakeNetwork network) => Network = network;

    public FakeNetwork Network { get; }

    public TestNode Node { get; private set; } = null!;

    public TestNode Other { get; private set; } = null!;

    public static async Task<CertHost> StartAsync(TimeProvider? clock = null)
    {
        var host = new CertHost(new FakeNetwork());
        host.Node = await TestNode.CreateAsync(host.store, new CertMountType(clock ?? TimeProvider.System, host.Network));
        host.Other = await TestNode.JoinAsync(host.store, host.Node, new CertMountType(clock ?? TimeProvider.System, host.Network));
        await host.Node.WriteAsync("sys/auth/cert", """{"type":"cert"}""").Ok();
        return host;
    }

    /// <summary>Writes a role that trusts <paramref name="pem"/>.</summary>
    public Task<Response> RoleAsync(string name, string pem, object? more = null)
    {
        var fields = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        fields["certificate"] = pem;
        return Node.WriteAsync($"auth/cert/certs/{name}", fields.ToJsonString()).Ok();
    }

    /// <summary>Logs in, on the second node, which must know all that the first has written.</summary>
    public async Task<Response> TryLoginAsync(ClientCertificate? certificate, string? role = null)
    {
        var body = role is null ? "" : JsonSerializer.Serialize(new { name = role });
        return await Other.AskAsync(Operation.Update, "auth/cert/login", body, Nobody, index: await store.HeadAsync(default), certificate: certificate);
    }

    public async Task<IssuedToken> LoginAsync(ClientCertificate certificate, string? role = null) => (await TryLoginAsync(certificate, role).Ok()).Auth!;

    public async Task RefusedAsync(ClientCertificate? certificate, string? role = null) =>
        Assert.Equal("cert.refused", (await TryLoginAsync(certificate, role).Fails(FailureKind.Invalid)).Code);

    /// <summary>The same for one that may also be no certificate at all.</summary>
    public async Task RefusedOrUnreadAsync(ClientCertificate certificate) =>
        Assert.Contains((await TryLoginAsync(certificate).Fails(FailureKind.Invalid)).Code, (string[])["cert.refused", "cert.none"]);

    public Task<Response> RenewAsync(SecretText token, ClientCertificate? certificate) =>
        Node.AskAsync(Operation.Update, "auth/token/renew-self", "", token, certificate: certificate);

    /// <summary>Reads on the second node, which must know all that the first has written.</summary>
    public async Task<Response> ReadOtherAsync(string path) =>
        await Other.AskAsync(Operation.Read, $"auth/cert/{path}", "", index: await store.HeadAsync(default));

    public Task<Response> WriteAsync(string path, object body) => Node.WriteAsync($"auth/cert/{path}", JsonSerializer.Serialize(body));

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Other.DisposeAsync();
        await store.DisposeAsync();
        Network.Dispose();
        Assert.Empty(Node.Faults);
        Assert.Empty(Other.Faults);
    }
}

/// <summary>A network in which each URL answers what the test says, and all else nothing.</summary>
public sealed class FakeNetwork : HttpMessageHandler
{
    public Dictionary<string, Func<byte[], byte[]?>> Answers { get; } = new(StringComparer.Ordinal);

    public int Asked { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Asked++;
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        return Answers.TryGetValue(request.RequestUri!.AbsoluteUri, out var answer) && answer(body) is { } bytes
            ? new HttpResponseMessage(System.Net.HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) }
            : throw new HttpRequestException("nobody answers there");
    }
}
