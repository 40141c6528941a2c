using System.Net.Http.Headers;
using System.Security.Authentication;

namespace Kist.Wire.Kubernetes.Transport;

/// <summary>When a request is sent again, and after how long.</summary>
internal static class KubeRetries
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>The wait that the server asked for; null when it did not, and the answer is final.</summary>
    public static TimeSpan? After(KubeOptions options, int statusCode, RetryConditionHeaderValue? header)
    {
        if (statusCode is not 429 and < 500 || header is null)
            return null;
        var wait = header.Delta ?? header.Date - options.Time.GetUtcNow() ?? TimeSpan.Zero;
        return TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, options.LongestRetryAfter.Ticks));
    }

    /// <summary>The wait after this many failures in a row.</summary>
    public static TimeSpan Delay(KubeOptions options, int failures)
    {
        var delay = options.RetryDelay * Math.Pow(2, Math.Min(failures - 1, 10));
        return delay < LongestDelay ? delay : LongestDelay;
    }

    /// <summary>True when the request certainly has not reached the server.</summary>
    public static bool IsUnsent(Exception fault) => fault is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
        or HttpRequestError.ProxyTunnelError,
    };

    /// <summary>A fault that another attempt does not mend.</summary>
    public static bool IsLasting(Exception fault) => fault is HttpRequestException { InnerException: AuthenticationException };

    public static KubeException Explain(Exception fault, Uri server, bool sent, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var address = server.GetLeftPart(UriPartial.Authority);
        var reason = fault switch
        {
            OperationCanceledException => "did not answer in time",
            HttpRequestException { InnerException: AuthenticationException inner } => $"is not trusted or refuses TLS: {Innermost(inner).Message}",
            _ when IsUnsent(fault) => $"cannot be reached: {Innermost(fault).Message}",
            _ => $"broke the connection: {Innermost(fault).Message}",
        };
        return new KubeException(KubeError.Unavailable, $"the API server {address} {reason}", fault) { MayHaveHappened = sent };
    }

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
            e = inner;
        return e;
    }
}
