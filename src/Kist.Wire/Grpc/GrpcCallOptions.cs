namespace Kist.Wire.Grpc;

/// <summary>What a caller sets for one call.</summary>
public sealed record GrpcCallOptions
{
    /// <summary>Largest message that is taken by default: 4 MiB, as elsewhere in gRPC.</summary>
    public const int DefaultMaxReceiveBytes = 4 * 1024 * 1024;

    /// <summary>Without a deadline or metadata, with the default bound.</summary>
    public static GrpcCallOptions Default { get; } = new();

    /// <summary>
    /// Time until the deadline, from the start of the call to its end; the server is told, and both sides end the call. Null for a call that lasts
    /// until it is cancelled.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Sent as headers. Names are lower case; values are ASCII, or base64 where the name ends in <c>-bin</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>A larger message ends the call with <see cref="GrpcStatusCode.ResourceExhausted"/> before it is read.</summary>
    public int MaxReceiveBytes { get; init; } = DefaultMaxReceiveBytes;
}
