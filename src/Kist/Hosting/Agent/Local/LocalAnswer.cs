using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>Answers of the agent itself.</summary>
internal static class LocalAnswer
{
    /// <summary>Answers with an error in the API's form.</summary>
    public static Task RefuseAsync(HttpContext http, LocalRefusal refusal)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }
        if (refusal.Status is StatusCodes.Status503ServiceUnavailable)
            http.Response.Headers.RetryAfter = "1";
        return JsonAsync(http, refusal.Status, json =>
        {
            json.WriteStartArray("errors");
            json.WriteStringValue(refusal.Message);
            json.WriteEndArray();
        });
    }

    /// <summary>Answers with an object.</summary>
    public static Task JsonAsync(HttpContext http, int status, Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return SendAsync(http, status, "application/json", buffer.WrittenMemory);
    }

    /// <summary>Answers with a body.</summary>
    public static async Task SendAsync(HttpContext http, int status, string type, ReadOnlyMemory<byte> body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(http.Request.Method))
            await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
