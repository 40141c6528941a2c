namespace Kist.Wire.Kubernetes;

/// <summary>Why the API server did not do what was asked.</summary>
public enum KubeError
{
    /// <summary>No connection, no answer in time, or a server that says that it cannot work now.</summary>
    Unavailable,

    /// <summary>The kubeconfig's credentials could not be had: a file that cannot be read, a plugin that failed.</summary>
    Credentials,

    /// <summary>The credentials are not accepted.</summary>
    Unauthorized,

    /// <summary>The user may not do this.</summary>
    Forbidden,

    /// <summary>There is no such object, or no such resource.</summary>
    NotFound,

    /// <summary>The object was changed since it was read, or is there already.</summary>
    Conflict,

    /// <summary>The resource version or the page is too old: list anew.</summary>
    Gone,

    /// <summary>The object, or a field of it, is not accepted.</summary>
    Invalid,

    /// <summary>Too many requests, even after waiting as often as was asked for.</summary>
    TooManyRequests,

    /// <summary>The API server failed inside; for an object that it cannot decrypt, too.</summary>
    Internal,

    /// <summary>The answer is none of Kubernetes' API, or larger than what is taken.</summary>
    Malformed,
}

/// <summary>The API server did not do what was asked. The message is the server's own where it gave one.</summary>
public sealed class KubeException : Exception
{
    /// <summary>With the cause.</summary>
    public KubeException(KubeError error, string message, Exception? cause = null)
        : base(message, cause) => Error = error;

    /// <summary>The kind.</summary>
    public KubeError Error { get; }

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public int StatusCode { get; init; }

    /// <summary>What the server said in a Status object; null when there was none.</summary>
    public KubeStatus? Status { get; init; }

    /// <summary>True when a write may have been carried out, although nobody confirmed it.</summary>
    public bool MayHaveHappened { get; init; }

    internal static KubeException FromAnswer(int statusCode, KubeStatus? status, string call)
    {
        var text = status?.Message is { Length: > 0 } message ? message : $"{call}: HTTP status {statusCode}";
        return new KubeException(Kind(statusCode), text) { StatusCode = statusCode, Status = status };
    }

    private static KubeError Kind(int statusCode) => statusCode switch
    {
        401 => KubeError.Unauthorized,
        403 => KubeError.Forbidden,
        404 => KubeError.NotFound,
        409 => KubeError.Conflict,
        410 => KubeError.Gone,
        429 => KubeError.TooManyRequests,
        502 or 503 or 504 => KubeError.Unavailable,
        >= 500 => KubeError.Internal,
        >= 400 => KubeError.Invalid,
        _ => KubeError.Malformed,
    };
}
