using System.Security.Authentication;

namespace Kist.Wire.Grpc;

/// <summary>Says what a fault of the connection means for a call.</summary>
internal static class GrpcFaults
{
    // Error codes of HTTP/2.
    private const long ProtocolError = 1;
    private const long RefusedStream = 7;
    private const long Cancel = 8;
    private const long EnhanceYourCalm = 11;
    private const long InadequateSecurity = 12;

    public static Exception Explain(Exception fault) => fault switch
    {
        HttpRequestException e when Unsent(e) => new GrpcException(GrpcStatusCode.Unavailable, Reason(e), GrpcOrigin.Unsent, e),
        // The handler gives up a connection that takes too long with this.
        OperationCanceledException { InnerException: TimeoutException timeout } =>
            new GrpcException(GrpcStatusCode.Unavailable, "no connection could be made in time", GrpcOrigin.Unsent, timeout),
        HttpRequestException { InnerException: HttpProtocolException e } => Explain(e),
        HttpProtocolException e => Protocol(e),
        OperationCanceledException or ObjectDisposedException =>
            new GrpcException(GrpcStatusCode.Cancelled, "the call was ended on this side", GrpcOrigin.Local, fault),
        HttpRequestException or IOException =>
            new GrpcException(GrpcStatusCode.Unavailable, $"the connection broke: {Innermost(fault).Message}", GrpcOrigin.Broken, fault),
        _ => fault,
    };

    private static bool Unsent(HttpRequestException e) => e.HttpRequestError
        is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
        or HttpRequestError.VersionNegotiationError;

    private static string Reason(HttpRequestException e) => e switch
    {
        { HttpRequestError: HttpRequestError.VersionNegotiationError } => "the server does not speak HTTP/2",
        { InnerException: AuthenticationException inner } => $"no TLS connection could be agreed on: {Innermost(inner).Message}",
        _ => Innermost(e).Message,
    };

    private static GrpcException Protocol(HttpProtocolException e)
    {
        // The handler gives up a silent connection with this, too.
        if (e.ErrorCode == ProtocolError)
        {
            var detail = $"the server was silent for too long, or broke the protocol: {e.Message}";
            return new GrpcException(GrpcStatusCode.Unavailable, detail, GrpcOrigin.Broken, e);
        }
        var (status, origin) = e.ErrorCode switch
        {
            RefusedStream => (GrpcStatusCode.Unavailable, GrpcOrigin.Unsent),
            Cancel => (GrpcStatusCode.Cancelled, GrpcOrigin.Broken),
            EnhanceYourCalm => (GrpcStatusCode.ResourceExhausted, GrpcOrigin.Broken),
            InadequateSecurity => (GrpcStatusCode.PermissionDenied, GrpcOrigin.Broken),
            _ => (GrpcStatusCode.Internal, GrpcOrigin.Broken),
        };
        return new GrpcException(status, $"the server ended the call by HTTP/2 error {e.ErrorCode}", origin, e);
    }

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e;
    }
}
