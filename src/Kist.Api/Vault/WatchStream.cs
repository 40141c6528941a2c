using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Core.Sys;
using Microsoft.AspNetCore.Http;

namespace Kist.Api.Vault;

/// <summary>
/// <c>sys/watch</c> as server-sent events (<see href="https://html.spec.whatwg.org/multipage/server-sent-events.html"/>): one request after the other for a
/// client that keeps its connection. Each takes the whole way through the pipeline, so that token, policies and audit are those of the moment. The last event
/// of a commit bears the index as its id, by which a client goes on (<c>Last-Event-ID</c>).
/// </summary>
internal sealed class WatchStream(RequestPipeline pipeline, CancellationToken lifetime, CancellationToken stopping)
{
    private const string Path = "sys/watch";
    private const string MediaType = "text/event-stream";

    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    /// <summary>Whether a request asks for events.</summary>
    public static bool IsAskedFor(HttpContext http, Request request) =>
        request is { Operation: Operation.Read, Path: Path, WrapTtl: null } && HttpMethods.IsGet(http.Request.Method)
        && http.Request.Headers.Accept.ToString().Contains(MediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Serves events until the client goes, the server ends or the token is refused.</summary>
    /// <returns>The answer to give in their place; null when events were begun.</returns>
    public async Task<(string Id, Response Answer)?> ServeAsync(HttpContext http, Request request)
    {
        var index = long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : (long?)null;
        var begun = false;
        while (!http.RequestAborted.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            var asked = Again(request, index);
            var answer = await pipeline.HandleAsync(asked, lifetime);
            if (http.RequestAborted.IsCancellationRequested)
                return null;
            if (answer.Body is not WatchResponse changes || answer.Failure is not null)
            {
                if (!begun)
                    return (asked.Id, answer);
                await SendAsync(http, $"event: error\ndata: {JsonSerializer.Serialize(answer.Failure?.Message ?? "", StreamJson.Default.String)}\n\n");
                return null;
            }
            if (!begun)
            {
                http.Response.ContentType = MediaType;
                http.Response.Headers.CacheControl = "no-store";
                // Proxies gather answers otherwise.
                http.Response.Headers["X-Accel-Buffering"] = "no";
            }
            await SendAsync(http, Render(changes, isFirst: !begun && index is null));
            (begun, index) = (true, changes.Index);
        }
        return null;
    }

    private static Request Again(Request request, long? index) => new()
    {
        Id = Guid.NewGuid().ToString(),
        Path = request.Path,
        Operation = request.Operation,
        Query = index is { } after
            ? [.. request.Query.Where(q => !IsLeftOut(q)), new("index", after.ToString(CultureInfo.InvariantCulture))]
            : request.Query,
        Token = request.Token,
        ClientAddress = request.ClientAddress,
        ClientPort = request.ClientPort,
        ClientCertificate = request.ClientCertificate,
        RequiredIndex = request.RequiredIndex,
        ClientGone = request.ClientGone,
        Header = request.Header,
    };

    // Each round is authenticated and recorded: one that waits for less than this is left the server's own wait, or it would turn without a pause.
    private static bool IsLeftOut(KeyValuePair<string, string> parameter) =>
        parameter.Key.Equals("index", StringComparison.OrdinalIgnoreCase)
        || (parameter.Key.Equals("wait", StringComparison.OrdinalIgnoreCase)
            && !(DurationField.TryParse(parameter.Value, out var wait) && wait >= LeastWait));

    private static string Render(WatchResponse changes, bool isFirst)
    {
        var text = new StringBuilder();
        var id = $"id: {changes.Index.ToString(CultureInfo.InvariantCulture)}\n";
        for (var i = 0; i < changes.Events.Count; i++)
        {
            var isLast = i == changes.Events.Count - 1;
            text.Append(isLast ? id : "").Append("event: change\ndata: ")
                .Append(JsonSerializer.Serialize(changes.Events[i], StreamJson.Default.WatchedChange)).Append("\n\n");
        }
        if (changes.Lost || isFirst)
            text.Append(id).Append(changes.Lost ? "event: lost" : "event: begin").Append("\ndata: ").Append(changes.Index).Append("\n\n");
        // A comment: proxies and clients see that the connection lives.
        return text.Length > 0 ? text.ToString() : ":\n\n";
    }

    private static async Task SendAsync(HttpContext http, string text)
    {
        http.Response.BodyWriter.Write(Encoding.UTF8.GetBytes(text));
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
