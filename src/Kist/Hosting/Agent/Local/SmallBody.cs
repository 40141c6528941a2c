using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kist.Hosting.Agent.Local;

/// <summary>Reads bodies that say that they are small.</summary>
internal static class SmallBody
{
    /// <summary>The body; null when it is larger, or does not say how large it is.</summary>
    /// <exception cref="BadHttpRequestException">It ends early.</exception>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return ReadOnlyMemory<byte>.Empty;
        if (request.ContentLength is not { } length || length > maxBytes)
            return null;
        var body = new byte[length];
        await request.Body.ReadExactlyAsync(body, request.HttpContext.RequestAborted);
        return body;
    }
}
