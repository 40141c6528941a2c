using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Kist.EndToEnd.Tests.Leaks;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>SIGTERM with requests under way: who was answered was answered whole and finds his write again.</summary>
public sealed class ShutdownTests : IAsyncLifetime
{
    private const int Writers = 12;
    private const int Enough = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly ConcurrentQueue<string> acknowledged = new();
    private readonly ConcurrentQueue<string> faults = new();
    private WatchedServer watched = null!;

    public async Task InitializeAsync()
    {
        (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        (await watched.Api.WriteAsync("sys/mounts/kv", new { type = "kv" })).Good();
    }

    public Task DisposeAsync() => watched.DisposeAsync().AsTask();

    [Fact]
    public async Task Termination_under_many_writes_loses_none_that_was_acknowledged()
    {
        var writers = Enumerable.Range(0, Writers).Select(WriteAsync).ToList();
        var began = TimeProvider.System.GetTimestamp();
        while (acknowledged.Count < Enough && TimeProvider.System.GetElapsedTime(began) < Patience)
            await Task.Delay(5);
        await watched.Server.Process.StopAsync();
        await Task.WhenAll(writers);
        Assert.Equal(0, watched.Server.Process.ExitCode);
        Assert.Empty(faults);
        Assert.True(acknowledged.Count >= Enough, $"only {acknowledged.Count} writes were acknowledged");

        await watched.Server.StartAsync();
        await watched.Server.AnswersAsync("sys/health");
        foreach (var name in acknowledged)
            Assert.Equal(name, (await watched.Api.ReadAsync($"kv/{name}")).Good().Data.GetProperty("value").GetString());
    }

    [Fact]
    public async Task Request_that_has_begun_is_answered_before_the_end()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, watched.Server.Address.Port);
        var stream = client.GetStream();
        const string Body = """{"value":"last"}""";
        await SendAsync(stream, string.Create(CultureInfo.InvariantCulture,
            $"POST /v1/kv/last HTTP/1.1\r\nHost: kist\r\nX-Vault-Token: {watched.Api.Token}\r\nX-Vault-Request: true\r\nContent-Length: {Body.Length}\r\n\r\n{Body[..5]}"));
        await UnderWayAsync();
        watched.Server.Process.Signal(Signals.Term);
        await RefusesAsync();
        Assert.False(watched.Server.Process.HasExited, watched.Server.Process.Output);
        await SendAsync(stream, Body[5..]);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Assert.StartsWith("HTTP/1.1 204", await reader.ReadToEndAsync().WaitAsync(Patience), StringComparison.Ordinal);
        Assert.True(await watched.Server.Process.EndsWithinAsync(Patience, default), watched.Server.Process.Output);
        Assert.Equal(0, watched.Server.Process.ExitCode);

        await watched.Server.StartAsync();
        await watched.Server.AnswersAsync("sys/health");
        Assert.Equal("last", (await watched.Api.ReadAsync("kv/last")).Good().Data.GetProperty("value").GetString());
    }

    private static Task SendAsync(NetworkStream stream, string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

    private async Task WriteAsync(int writer)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(watched.Server.Address, "/v1/") };
        http.DefaultRequestHeaders.Add("X-Vault-Token", watched.Api.Token);
        var i = 0;
        while (true)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"w{writer}-{i++}");
            if (await TryWriteAsync(http, name) is not { } answer)
                return;
            using (answer)
            {
                if (!answer.IsSuccessStatusCode)
                    faults.Enqueue($"{name} was answered {(int)answer.StatusCode}");
                try
                {
                    await answer.Content.ReadAsByteArrayAsync();
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    faults.Enqueue($"{name} was answered {(int)answer.StatusCode} and then cut off: {e.Message}");
                    return;
                }
            }
            acknowledged.Enqueue(name);
        }
    }

    // Null once the server does not listen any more.
    private static async Task<HttpResponseMessage?> TryWriteAsync(HttpClient http, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"kv/{name}") { Content = JsonContent.Create(new { value = name }) };
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    // The server has read the request's head once it answers another that came later.
    private async Task UnderWayAsync()
    {
        for (var i = 0; i < 10; i++)
            (await watched.Api.ReadAsync("sys/health")).Good();
    }

    private async Task RefusesAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, watched.Server.Address.Port);
            }
            catch (SocketException)
            {
                return;
            }
            await Task.Delay(5);
        }
        Assert.Fail("the server listens on");
    }
}
