namespace Kist.Wire.Grpc;

/// <summary>Who ended a call, and so what is known about its request.</summary>
public enum GrpcOrigin
{
    /// <summary>The server answered with this status.</summary>
    Server,

    /// <summary>No connection could be made: the server has not seen the request.</summary>
    Unsent,

    /// <summary>The connection broke: the server may or may not have carried the request out.</summary>
    Broken,

    /// <summary>This side ended the call: its time ran out, a message was too large, or the peer broke the protocol.</summary>
    Local,
}

/// <summary>A call that did not end with <see cref="GrpcStatusCode.Ok"/>. Handlers throw it to answer with a status.</summary>
public sealed class GrpcException : Exception
{
    /// <summary>With what is sent to the peer, or came from it.</summary>
    /// <param name="status">Not <see cref="GrpcStatusCode.Ok"/>.</param>
    /// <param name="detail">One sentence; holds no secret, for peers log it.</param>
    /// <param name="origin">Who ended the call.</param>
    /// <param name="cause">What happened below, if anything.</param>
    public GrpcException(GrpcStatusCode status, string detail, GrpcOrigin origin = GrpcOrigin.Server, Exception? cause = null)
        : base($"{status}: {detail}", cause)
    {
        Status = status;
        Detail = detail;
        Origin = origin;
    }

    /// <summary>The status.</summary>
    public GrpcStatusCode Status { get; }

    /// <summary>What the peer or the connection says, without the status.</summary>
    public string Detail { get; }

    /// <summary>Who ended the call.</summary>
    public GrpcOrigin Origin { get; }
}
