using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Agent;

/// <summary>
/// A FAKE in place of the network, for many clients at once: key/value secrets that can be changed, notices of changes by long poll, and what else a
/// test lets it answer. Nothing here proves that a real server answers so; the end-to-end tests do that.
/// </summary>
internal sealed class FakeVault : HttpMessageHandler
{
    private readonly ConcurrentDictionary<string, Func<RecordedRequest, (int Status, string Body)>> answers = [];
    private readonly ConcurrentDictionary<string, (JsonObject Data, int Version)> secrets = [];
    private readonly ConcurrentQueue<RecordedRequest> requests = [];
    private readonly Lock gate = new();
    private readonly List<(string Path, long Index)> changes = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long index = 100;

    /// <summary>The requests so far.</summary>
    public IReadOnlyList<RecordedRequest> Requests => [.. requests];

    /// <summary>Whether it tells of changes.</summary>
    public bool Watches { get; set; } = true;

    /// <summary>Whether it is away: no connection can be made.</summary>
    public bool IsAway { get; set; }

    /// <summary>The next question for changes is answered that some are lost.</summary>
    public bool HasLost { get; set; }

    /// <summary>Waits between a request and its answer.</summary>
    public Func<RecordedRequest, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Answers a method and a path (with query) so.</summary>
    public FakeVault On(string request, Func<RecordedRequest, (int Status, string Body)> answer)
    {
        answers[request] = answer;
        return this;
    }

    /// <summary>Answers a method and a path (with query) so.</summary>
    public FakeVault On(string request, int status, string body = "") => On(request, _ => (status, body));

    /// <summary>
    /// Writes a key/value secret of version 2 in the mount <c>secret/</c>, and tells of it unless <paramref name="tells"/> is false.
    /// </summary>
    public void Write(string name, string field, string value, bool tells = true)
    {
        secrets.AddOrUpdate(name, _ => (new JsonObject { [field] = value }, 1), (_, last) => (new JsonObject { [field] = value }, last.Version + 1));
        TaskCompletionSource wake;
        lock (gate)
        {
            index++;
            if (tells)
                changes.Add(($"secret/data/{name}", index));
            (wake, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        wake.SetResult();
    }

    /// <summary>How often something was asked for.</summary>
    public int Count(string line) => Requests.Count(r => r.Line == line);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IsAway)
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused");
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var headers = request.Headers.ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase);
        var line = $"{request.Method} {Uri.UnescapeDataString(request.RequestUri!.PathAndQuery["/v1/".Length..])}";
        var recorded = new RecordedRequest(line, request.RequestUri, headers, body);
        requests.Enqueue(recorded);
        await Before(recorded);
        var isWatch = Watches && line.StartsWith("GET sys/watch?", StringComparison.Ordinal);
        var (status, text) = isWatch ? await WatchAsync(recorded, cancellationToken) : Answer(recorded);
        return new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };
    }

    private (int Status, string Body) Answer(RecordedRequest request)
    {
        if (answers.TryGetValue(request.Line, out var answer))
            return answer(request);
        const string Mounts = "GET sys/internal/ui/mounts/";
        if (request.Line.StartsWith($"{Mounts}secret", StringComparison.Ordinal))
            return (200, """{"data":{"path":"secret/","type":"kv","options":{"version":"2"}}}""");
        if (request.Line.StartsWith(Mounts, StringComparison.Ordinal))
            return (200, $$$"""{"data":{"path":"{{{request.Line[Mounts.Length..].Split('/')[0]}}}/","type":"database","options":null}}""");
        const string Data = "GET secret/data/";
        if (request.Line.StartsWith(Data, StringComparison.Ordinal) && secrets.TryGetValue(request.Line[Data.Length..], out var secret))
            return (200, $$$"""{"data":{"data": {{{secret.Data.ToJsonString()}}} ,"metadata":{"version": {{{secret.Version}}} } } }""");
        return (404, """{"errors":[]}""");
    }

    private async Task<(int Status, string Body)> WatchAsync(RecordedRequest request, CancellationToken cancellation)
    {
        var query = System.Web.HttpUtility.ParseQueryString(request.Url.Query);
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (!long.TryParse(query["index"], System.Globalization.CultureInfo.InvariantCulture, out var after))
                    return (200, Told([], lost: false));
                if (HasLost)
                {
                    HasLost = false;
                    return (200, Told([], lost: true));
                }
                var news = changes.Where(c => c.Index > after && query.GetValues("paths")!.Any(p => IsAt(p, c.Path))).ToList();
                if (news.Count > 0)
                    return (200, Told(news, lost: false));
                next = changed.Task;
            }
            await next.WaitAsync(cancellation);
            if (IsAway)
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely");
        }
    }

    /// <summary>Wakes whoever waits for changes, so that it sees that the server is away, or what is lost.</summary>
    public void Wake()
    {
        TaskCompletionSource wake;
        lock (gate)
            (wake, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        wake.SetResult();
    }

    private string Told(IReadOnlyList<(string Path, long Index)> news, bool lost)
    {
        var events = news.Select(static n => new JsonObject { ["path"] = n.Path, ["index"] = n.Index });
        var data = new JsonObject { ["index"] = index, ["lost"] = lost, ["events"] = new JsonArray([.. events]) };
        return new JsonObject { ["data"] = data }.ToJsonString();
    }

    private static bool IsAt(string watched, string path) =>
        watched == path || (watched.EndsWith("/*", StringComparison.Ordinal) && path.StartsWith(watched[..^1], StringComparison.Ordinal));
}
