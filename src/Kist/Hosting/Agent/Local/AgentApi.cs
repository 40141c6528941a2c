using System.Globalization;
using System.Text;
using Kist.Client.Agent;
using Kist.Hosting.Agent.Local.Cache;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>
/// What the agent answers of itself under <c>/agent/v1/</c>. <c>live</c>: it runs. <c>ready</c>: every part has done its work at least once. <c>health</c>:
/// 200 only while all parts are well, else 503 with the reasons; what a part did before stands meanwhile. <c>metrics</c>: for Prometheus.
/// </summary>
internal sealed class AgentApi(AgentStatus status, LeaseCache? cache, Action quit)
{
    /// <summary>Answers a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="name">What follows <c>/agent/v1/</c>.</param>
    /// <param name="listener">The listener that it came in by.</param>
    /// <returns>Why it is refused; null when it was answered.</returns>
    public async Task<LocalRefusal?> HandleAsync(HttpContext http, string name, LocalListener listener)
    {
        var acts = name is "quit" or "cache-clear";
        if (acts != (HttpMethods.IsPost(http.Request.Method) || HttpMethods.IsPut(http.Request.Method)) && (acts || !IsRead(http)))
            return new LocalRefusal(StatusCodes.Status405MethodNotAllowed, "method", acts ? "only POST is answered" : "only GET is answered");
        switch (name)
        {
            case "live":
                await LocalAnswer.JsonAsync(http, StatusCodes.Status200OK, static json => json.WriteBoolean("live", true));
                return null;
            case "ready":
                await TellAsync(http, listener, status.Parts.All(static p => p.HasBeenGood));
                return null;
            case "health":
                await TellAsync(http, listener, status.Parts.All(static p => p.IsGood));
                return null;
            case "metrics":
                await LocalAnswer.SendAsync(
                    http, StatusCodes.Status200OK, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(AgentMetrics.Render(status)));
                return null;
            case "cache-clear" when cache is not null && !listener.IsMetricsOnly:
                return await CacheClearing.ClearAsync(http, cache);
            case "quit" when listener is { Config.ApiQuit: true, IsMetricsOnly: false }:
                http.Response.StatusCode = StatusCodes.Status204NoContent;
                http.Response.OnCompleted(() =>
                {
                    quit();
                    return Task.CompletedTask;
                });
                return null;
            default:
                return new LocalRefusal(
                    StatusCodes.Status404NotFound, "unknown", "there are live, ready, health and metrics; cache-clear with a cache, quit with agent_api { enable_quit = true }");
        }
    }

    private static bool IsRead(HttpContext http) => HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);

    private Task TellAsync(HttpContext http, LocalListener listener, bool good) =>
        LocalAnswer.JsonAsync(http, good ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, json =>
        {
            var parts = status.Parts;
            json.WriteBoolean("healthy", parts.All(static p => p.IsGood));
            json.WriteBoolean("ready", parts.All(static p => p.HasBeenGood));
            json.WriteStartArray("parts");
            foreach (var part in parts)
            {
                json.WriteStartObject();
                json.WriteString("part", part.Part);
                json.WriteBoolean("good", part.IsGood);
                json.WriteBoolean("has_been_good", part.HasBeenGood);
                // Reasons name files and paths, and are for this machine alone.
                if (listener.IsLocal)
                    json.WriteString("reason", part.Reason);
                json.WriteString("since", part.Since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
}
