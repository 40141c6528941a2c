using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Kist.Wire.Grpc;

/// <summary>Reads how a call ended from a response's headers and trailers.</summary>
internal static class GrpcStatusReader
{
    /// <summary>What can be known before the first message.</summary>
    /// <exception cref="GrpcException">The server ended the call at once, or does not speak gRPC.</exception>
    public static void CheckHeaders(HttpResponseMessage response)
    {
        // A response of trailers alone arrives as headers, whatever its HTTP status.
        if (Status(response.Headers) is { } status)
            ThrowUnlessOk(status, response.Headers);
        var contentType = response.Content.Headers.NonValidated.TryGetValues("content-type", out var values) ? values.ToString() : null;
        if (response.StatusCode != HttpStatusCode.OK)
            throw new GrpcException(Meaning(response.StatusCode), $"the server answered HTTP {(int)response.StatusCode} instead of gRPC");
        if (!GrpcNames.IsGrpc(contentType) && Status(response.Headers) is null)
            throw new GrpcException(GrpcStatusCode.Unknown, $"the server answered {contentType ?? "no content type"} instead of {GrpcNames.ContentType}");
    }

    /// <summary>What follows the last message.</summary>
    /// <exception cref="GrpcException">The call did not end well, or its end does not say how.</exception>
    public static void CheckTrailers(HttpResponseMessage response)
    {
        if (Status(response.TrailingHeaders) is { } status)
            ThrowUnlessOk(status, response.TrailingHeaders);
        else if (Status(response.Headers) is null)
            throw new GrpcException(GrpcStatusCode.Internal, "the response ended without a status", GrpcOrigin.Broken);
    }

    private static void ThrowUnlessOk(GrpcStatusCode status, HttpHeaders headers)
    {
        if (status != GrpcStatusCode.Ok)
            throw new GrpcException(status, GrpcText.Decode(Value(headers, GrpcNames.Message) ?? ""));
    }

    private static GrpcStatusCode? Status(HttpHeaders headers)
    {
        if (Value(headers, GrpcNames.Status) is not { } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && Enum.IsDefined((GrpcStatusCode)code)
            ? (GrpcStatusCode)code
            : GrpcStatusCode.Unknown;
    }

    private static string? Value(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    // As the protocol maps the answers of proxies and other servers.
    private static GrpcStatusCode Meaning(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => GrpcStatusCode.Internal,
        HttpStatusCode.Unauthorized => GrpcStatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => GrpcStatusCode.PermissionDenied,
        HttpStatusCode.NotFound => GrpcStatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };
}
