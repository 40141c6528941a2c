namespace Kist.Wire.Grpc.Server;

/// <summary>What holds for all calls of a server.</summary>
public sealed record GrpcServerOptions
{
    /// <summary>A larger request is answered <see cref="GrpcStatusCode.ResourceExhausted"/> before it is read.</summary>
    public int MaxReceiveBytes { get; init; } = GrpcCallOptions.DefaultMaxReceiveBytes;

    /// <summary>Measures deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Called with the path and what a handler threw that was no <see cref="GrpcException"/>. The client is told no more than
    /// <see cref="GrpcStatusCode.Internal"/>.
    /// </summary>
    public Action<string, Exception> OnFault { get; init; } = static (_, _) => { };
}
