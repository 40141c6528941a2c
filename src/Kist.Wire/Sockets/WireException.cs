namespace Kist.Wire.Sockets;

/// <summary>Why a server could not be talked to.</summary>
public enum WireFault
{
    /// <summary>There is no connection: nobody listens, or the name is unknown. Nothing was asked.</summary>
    Unreachable,

    /// <summary>TLS was not agreed on: the certificate is not trusted or is for another name, or the server has no TLS. Nothing was asked.</summary>
    Tls,

    /// <summary>The server wants a way of logging in that is unknown here or not allowed. No statement was sent.</summary>
    Login,

    /// <summary>An earlier operation has failed, and the connection with it. Nothing was asked.</summary>
    Unusable,

    /// <summary>The connection ended while an answer was awaited: what was asked may have been done.</summary>
    Broken,

    /// <summary>The server said what the protocol does not allow: what was asked may have been done.</summary>
    Malformed,

    /// <summary>The answer is larger than is taken: what was asked may have been done.</summary>
    TooLarge,
}

/// <summary>A server could not be talked to. The message names the server and the cause, and nothing of what was asked.</summary>
public sealed class WireException : Exception
{
    /// <summary>With the cause.</summary>
    public WireException(WireFault fault, string message, Exception? cause = null)
        : base(message, cause)
    {
        Fault = fault;
    }

    /// <summary>The kind.</summary>
    public WireFault Fault { get; }
}
