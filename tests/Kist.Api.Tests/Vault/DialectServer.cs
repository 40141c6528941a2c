using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kist.Api.Vault;
using Kist.Core;
using Kist.Core.Storage;
using Kist.Core.Tests;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Crypto;
using Kist.Engines.Kv;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Kist.Api.Tests.Vault;

/// <summary>
/// The dialect before a node in memory, on a free port of this machine. Requests are written to the socket as bytes, so that nothing is put right on the way. KV
/// version 2 stands at <c>secret/</c>, a file audit device is enabled, and the clock of the store's freshness stands until it is moved.
/// </summary>
internal sealed class DialectServer : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("kist-dialect-").FullName;
    private readonly MemoryStore store = new();
    private WebApplication web = null!;
    private IPEndPoint address = null!;

    private DialectServer() => Way = new PartitionableStore(store);

    public TestNode Node { get; private set; } = null!;

    public ManualClock Clock { get; } = new();

    /// <summary>To the store.</summary>
    public PartitionableStore Way { get; }

    public string Root => Node.RootToken.Reveal();

    private string Log => Path.Combine(folder, "audit.log");

    public static async Task<DialectServer> StartAsync(long? maxRequestBody = RequestBody.MaxBytes)
    {
        var server = new DialectServer();
        server.Node = await TestNode.CreateAsync(server.Way, new NodeOptions { StoreClock = server.Clock }, new KvMountType(TimeProvider.System));
        await server.Node.WriteAsync("sys/mounts/secret", """{"type":"kv","options":{"version":"2"}}""").Ok();
        await server.Node.WriteAsync("sys/audit/file", $$$"""{"type":"file","options":{"file_path":"{{{server.Log}}}"}}""").Ok();
        await server.Node.BecomeFreshAsync(server.Clock);
        await server.ListenAsync(maxRequestBody);
        return server;
    }

    /// <summary>A request by root, or by the token among <paramref name="headers"/>.</summary>
    public Task<HttpAnswer> AskAsync(string method, string target, string body = "", params (string Name, string Value)[] headers)
    {
        var text = new StringBuilder($"{method} {target} HTTP/1.1\r\nHost: kist\r\nConnection: close\r\n");
        if (!headers.Any(h => h.Name is "X-Vault-Token" or "Authorization"))
            text.Append($"X-Vault-Token: {Root}\r\n");
        foreach (var (name, value) in headers)
            text.Append($"{name}: {value}\r\n");
        var content = Encoding.UTF8.GetBytes(body);
        if (content.Length > 0)
            text.Append("Content-Length: ").Append(content.Length).Append("\r\n");
        return SendAsync([.. Encoding.UTF8.GetBytes(text.Append("\r\n").ToString()), .. content]);
    }

    /// <summary>Bytes as they are; the answer is what comes until the server closes the connection.</summary>
    public async Task<HttpAnswer> SendAsync(params byte[][] pieces)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address);
        await using var stream = client.GetStream();
        var answer = new MemoryStream();
        var reading = ReadAsync(stream, answer);
        try
        {
            foreach (var piece in pieces)
                await stream.WriteAsync(piece);
        }
        catch (IOException)
        {
            // It has answered before it has read all, and closed.
        }
        await reading;
        return HttpAnswer.Parse(answer.ToArray());
    }

    /// <summary>A connection on which root has asked for what may take its time; the answer is the caller's to read.</summary>
    public async Task<TcpClient> BeginAsync(string target, string headers = "")
    {
        var client = new TcpClient();
        await client.ConnectAsync(address);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"GET {target} HTTP/1.1\r\nHost: kist\r\nX-Vault-Token: {Root}\r\n{headers}\r\n"));
        return client;
    }

    /// <summary>A service token with these policies and no others.</summary>
    public async Task<SecretText> TokenAsync(string policies, string more = "")
    {
        var body = $$"""{"policies":["{{policies}}"],"no_default_policy":true{{more}}}""";
        return (await Node.WriteAsync("auth/token/create", body).Ok()).Auth!.ClientToken;
    }

    public Task PolicyAsync(string name, string text) =>
        Node.WriteAsync("sys/policies/acl/" + name, $$"""{"policy":{{JsonSerializer.Serialize(text)}}}""").Ok();

    /// <summary>The audit records so far.</summary>
    public IReadOnlyList<JsonElement> Records() => [.. File.ReadLines(Log).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The last request record's <c>request</c>.</summary>
    public JsonElement LastRequest() => Records().Last(record => record.GetProperty("type").GetString() == "request").GetProperty("request");

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        Way.Heal();
        await Node.DisposeAsync();
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    // As the program does it, without TLS.
    private async Task ListenAsync(long? maxRequestBody)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "kist" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = maxRequestBody;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, options => options.Protocols = HttpProtocols.Http1);
        });
        web = builder.Build();
        web.Run(new VaultDialect(Node.Node.Pipeline, CancellationToken.None, CancellationToken.None).HandleAsync);
        await web.StartAsync();
        var served = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        address = IPEndPoint.Parse(new Uri(served).Authority);
    }

    private static async Task ReadAsync(NetworkStream stream, MemoryStream answer)
    {
        try
        {
            await stream.CopyToAsync(answer);
        }
        catch (IOException)
        {
            // Closed before the request was read whole; what came until then is the answer.
        }
    }
}
