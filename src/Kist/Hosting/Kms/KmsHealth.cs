using System.Buffers;
using System.Text;
using System.Text.Json;
using Kist.Kubernetes.Kms;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Kms;

/// <summary>
/// <c>/livez</c>: the process runs. <c>/readyz</c>: it encrypts and decrypts. <c>/healthz</c>: 200 only while all is well, with the reason. <c>/metrics</c>.
/// </summary>
internal static class KmsHealth
{
    /// <summary>Answers a request.</summary>
    public static Task AnswerAsync(HttpContext context, KmsPlugin plugin, KmsMetrics metrics, TimeProvider time)
    {
        var report = plugin.Report();
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            return RespondAsync(context, StatusCodes.Status405MethodNotAllowed, "text/plain; charset=utf-8", "only GET is answered\n");
        return context.Request.Path.Value switch
        {
            "/livez" => RespondAsync(context, StatusCodes.Status200OK, "text/plain; charset=utf-8", "ok\n"),
            "/readyz" => TellAsync(context, report, report.IsReady),
            "/healthz" => TellAsync(context, report, report.Condition == KmsCondition.Serving),
            "/metrics" => RespondAsync(
                context, StatusCodes.Status200OK, "text/plain; version=0.0.4; charset=utf-8", metrics.Render(report, time.GetUtcNow())),
            _ => RespondAsync(
                context, StatusCodes.Status404NotFound, "text/plain; charset=utf-8", "there are /livez, /readyz, /healthz and /metrics\n"),
        };
    }

    private static Task TellAsync(HttpContext context, KmsReport report, bool good)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("condition", report.Condition.ToString().ToLowerInvariant());
            json.WriteString("key_id_hash", report.KeyIdHash);
            json.WriteString("reason", report.Reason);
            json.WriteEndObject();
        }
        return RespondAsync(
            context,
            good ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            "application/json",
            Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n");
    }

    private static Task RespondAsync(HttpContext context, int status, string type, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(body, context.RequestAborted);
    }
}
