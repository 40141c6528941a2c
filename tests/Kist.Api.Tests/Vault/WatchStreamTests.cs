using System.Text;
using System.Text.Json;
using Kist.Core.Tests.Storage;

namespace Kist.Api.Tests.Vault;

/// <summary><c>sys/watch</c> over a connection: how many requests a stream is, and what a client leaves behind that goes.</summary>
public sealed class WatchStreamTests : IAsyncLifetime
{
    private const string Watch = "/v1/sys/watch?paths=secret/data/app/*";
    private const string AsEvents = "Accept: text/event-stream\r\n";

    private DialectServer server = null!;

    public async Task InitializeAsync()
    {
        server = await DialectServer.StartAsync();
        await Eventually.HoldsAsync(async () => (await server.AskAsync("GET", Watch)).Status == 200);
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(server.Node.Faults);
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("1ms")]
    public async Task A_stream_that_is_to_wait_for_nothing_is_one_request_for_each_event_all_the_same(string wait)
    {
        var before = Watches();
        using var client = await server.BeginAsync($"{Watch}&wait={wait}", AsEvents);
        using var events = new StreamReader(client.GetStream(), Encoding.UTF8);
        await ReadToAsync(events, "event: begin");
        for (var i = 0; i < 20; i++)
            (await server.AskAsync("POST", "/v1/secret/data/other", """{"data":{"k":"v"}}""")).Is(200);
        (await server.AskAsync("POST", "/v1/secret/data/app/db", """{"data":{"k":"v"}}""")).Is(200);
        await ReadToAsync(events, "event: change");
        Assert.Equal(2, Watches() - before);
    }

    [Theory]
    [InlineData("")]
    [InlineData(AsEvents)]
    public async Task A_client_that_goes_gives_up_its_place_and_is_recorded(string headers)
    {
        var index = (await server.AskAsync("GET", Watch)).Is(200).Data.GetProperty("index").GetInt64();
        var before = Watches();
        var client = await server.BeginAsync($"{Watch}&wait=60&index={index}", headers);
        await Eventually.HoldsAsync(() => server.Node.Watchers == 1);
        client.Dispose();
        // Sooner than the wait ends: patience is a minute, and so is the wait.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        while (server.Node.Watchers > 0)
            await Task.Delay(1, patience.Token);
        await Eventually.HoldsAsync(() => Watches() > before);
        Assert.Equal(1, Watches() - before);
    }

    private static async Task ReadToAsync(StreamReader events, string line)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await events.ReadLineAsync(patience.Token) is { } read)
        {
            if (read == line)
                return;
        }
        Assert.Fail($"the stream ended before \"{line}\"");
    }

    private int Watches() => server.Records().Count(IsWatch);

    private static bool IsWatch(JsonElement record) =>
        record.GetProperty("type").GetString() == "response" && record.GetProperty("request").GetProperty("path").GetString() == "sys/watch";
}
