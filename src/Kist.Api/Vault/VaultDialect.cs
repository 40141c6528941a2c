using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Sys;
using Microsoft.AspNetCore.Http;

namespace Kist.Api.Vault;

/// <summary>Vault's HTTP API: translates between HTTP and core requests, and nothing else.</summary>
public sealed class VaultDialect
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? jsonWriter;

    private readonly RequestPipeline pipeline;
    private readonly CancellationToken lifetime;
    private readonly CancellationToken stopping;

    /// <summary>
    /// Over a pipeline. Requests run under the server's <paramref name="lifetime"/>, so that a client's disconnect aborts nothing half way; what goes on
    /// without an end, ends when the server is <paramref name="stopping"/>.
    /// </summary>
    public VaultDialect(RequestPipeline pipeline, CancellationToken lifetime, CancellationToken stopping)
    {
        this.stopping = stopping;
        this.pipeline = pipeline;
        this.lifetime = lifetime;
    }

    /// <summary>Answers one HTTP request.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        var requestId = Guid.NewGuid().ToString();
        var read = await VaultRequestReader.ReadAsync(http, requestId, http.RequestAborted);
        Response response;
        if (read.Succeeded && WatchStream.IsAskedFor(http, read.Value))
        {
            if (await new WatchStream(pipeline, lifetime, stopping).ServeAsync(http, read.Value) is { } refused)
                await WriteAsync(http, refused.Id, refused.Answer);
            return;
        }
        if (!read.Succeeded)
            response = await pipeline.RefuseAsync(VaultRequestReader.Outline(http, requestId), read.Failure, lifetime);
        else if (VaultRequestReader.IsTrue(read.Value.Query, "help"))
            response = await pipeline.HelpAsync(read.Value, lifetime);
        else
            response = await pipeline.HandleAsync(read.Value, lifetime);
        await WriteAsync(http, requestId, response);
    }

    private static Task WriteAsync(HttpContext http, string requestId, Response response)
    {
        var output = http.Response;
        output.StatusCode = StatusOf(http, response);
        output.Headers.CacheControl = "no-store";
        if (response.Index > 0)
            output.Headers["X-Vault-Index"] = response.Index.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (response.Failure is { Kind: FailureKind.Unavailable or FailureKind.Throttled })
            output.Headers.RetryAfter = "1";
        if (output.StatusCode == StatusCodes.Status204NoContent)
            return Task.CompletedTask;
        if (response.Body is TextBody text && response.Failure is null)
        {
            output.ContentType = text.ContentType;
            return SendAsync(http, text.Content.Span);
        }
        output.ContentType = "application/json";
        return SendAsync(http, Render(requestId, response));
    }

    private static ReadOnlySpan<byte> Render(string requestId, Response response)
    {
        buffer ??= new ArrayBufferWriter<byte>(4096);
        // One huge answer must not keep its buffer for ever.
        if (buffer.Capacity > 1 << 20)
            buffer = new ArrayBufferWriter<byte>(4096);
        buffer.ResetWrittenCount();
        jsonWriter ??= new Utf8JsonWriter(buffer, WriterOptions);
        jsonWriter.Reset(buffer);
        if (response.Failure is { } failure)
            VaultJson.WriteErrors(jsonWriter, failure, response.Warnings);
        else if (response.Shape == ResponseShape.Bare)
            jsonWriter.WriteRawValue(response.Data.Span, skipInputValidation: true);
        else
            VaultJson.WriteEnvelope(jsonWriter, requestId, response);
        jsonWriter.Flush();
        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    private static Task SendAsync(HttpContext http, ReadOnlySpan<byte> content)
    {
        http.Response.ContentLength = content.Length;
        if (HttpMethods.IsHead(http.Request.Method))
            return Task.CompletedTask;
        http.Response.BodyWriter.Write(content);
        return http.Response.BodyWriter.FlushAsync(http.RequestAborted).AsTask();
    }

    private static int StatusOf(HttpContext http, Response response)
    {
        if (response.Failure is { } failure)
            return VaultErrors.Status(failure.Kind);
        if (response.Body is HealthResponse health)
            return HealthStatus.Of(health, http.Request.Query);
        if (response.Gone)
            return StatusCodes.Status404NotFound;
        if (response.PartialFailure is { } partial)
            return partial.Code ?? VaultErrors.Status(FailureKind.Invalid);
        var empty = response.Data.IsEmpty && response.Auth is null && response.Wrap is null && response.Lease is null
            && response.Warnings.Count == 0 && response.Body is not TextBody;
        return empty ? StatusCodes.Status204NoContent : StatusCodes.Status200OK;
    }
}
