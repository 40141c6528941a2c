using System.Net;
using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Notice of changes over a real connection: server-sent events, and what is left of them after a restart.</summary>
public sealed class WatchTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private WatchedServer watched = null!;
    private InitializedServer keys = null!;

    public async Task InitializeAsync()
    {
        (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions());
        (await watched.Api.WriteAsync("sys/mounts/secret", new { type = "kv-v2" })).Good();
        await WriteAsync("a value that nobody is told");
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await watched.DisposeAsync();
    }

    [Fact]
    public async Task Events_tell_of_versions_and_are_gone_on_with_by_their_ids()
    {
        using var timer = new CancellationTokenSource(Patience);
        string last;
        using (var events = await ListenAsync("secret/data/app/*", null, timer.Token))
        {
            Assert.Equal("begin", (await NextAsync(events, timer.Token)).Event);
            await WriteAsync("another one");
            var told = await NextAsync(events, timer.Token);
            Assert.Equal("change", told.Event);
            var change = JsonElement.Parse(told.Data);
            Assert.Equal(("secret/data/app/db", 2), (change.GetProperty("path").GetString(), change.GetProperty("version").GetInt32()));
            Assert.Equal(told.Id, change.GetProperty("index").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture));
            last = told.Id;
        }
        // What happens while nobody listens is told to who comes again.
        await WriteAsync("a third one");
        using (var events = await ListenAsync("secret/data/app/*", last, timer.Token))
            Assert.Equal(3, JsonElement.Parse((await NextAsync(events, timer.Token)).Data).GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task After_a_restart_everything_is_to_be_read_again()
    {
        using var timer = new CancellationTokenSource(Patience);
        using var before = await ListenAsync("secret/data/app/*", null, timer.Token);
        var begin = await NextAsync(before, timer.Token);
        await watched.Server.RestartAsync();
        await watched.Server.UnsealAsync(keys);
        await WriteAsync("another one");
        using var after = await ListenAsync("secret/data/app/*", begin.Id, timer.Token);
        Assert.Equal("lost", (await NextAsync(after, timer.Token)).Event);
    }

    [Fact]
    public async Task A_revoked_token_ends_its_events_and_a_bad_one_gets_none()
    {
        using var timer = new CancellationTokenSource(Patience);
        var token = watched.Secrets.Add("token", (await watched.Api.WriteAsync("auth/token/create", new { ttl = "1h" })).Good().ClientToken);
        using var events = await ListenAsync("secret/data/app/*", null, timer.Token, token);
        Assert.Equal("begin", (await NextAsync(events, timer.Token)).Event);
        (await watched.Api.WriteAsync("auth/token/revoke", new { token })).Good();
        var end = await NextAsync(events, timer.Token);
        Assert.Equal("error", end.Event);
        Assert.Contains("permission denied", end.Data, StringComparison.Ordinal);
        using var refused = await AskAsync("secret/data/app/*", null, token, timer.Token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("application/json", refused.Content.Headers.ContentType?.MediaType);
    }

    private async Task WriteAsync(string value) => (await watched.Api.WriteAsync(
        "secret/data/app/db", new { data = new { password = watched.Secrets.Add(value, value + Guid.NewGuid()) } })).Good();

    private async Task<StreamReader> ListenAsync(string paths, string? last, CancellationToken cancellation, string? token = null)
    {
        var response = await AskAsync(paths, last, token ?? keys.RootToken, cancellation);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
    }

    private Task<HttpResponseMessage> AskAsync(string paths, string? last, string token, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(watched.Server.Address, $"/v1/sys/watch?paths={Uri.EscapeDataString(paths)}&wait=2"));
        request.Headers.Add("X-Vault-Token", token);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (last is not null)
            request.Headers.Add("Last-Event-ID", last);
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private static async Task<(string Event, string Id, string Data)> NextAsync(StreamReader events, CancellationToken cancellation)
    {
        var (name, id, data) = ("", "", "");
        while (await events.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
            else if (line.Length == 0 && name.Length > 0)
                return (name, id, data);
        }
        throw new InvalidOperationException("the events ended");
    }
}
