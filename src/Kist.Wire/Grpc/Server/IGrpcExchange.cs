using System.Buffers;

namespace Kist.Wire.Grpc.Server;

/// <summary>One HTTP/2 request and its response, as a <see cref="GrpcServer"/> needs them from the web server that carries it.</summary>
public interface IGrpcExchange
{
    /// <summary>The HTTP method.</summary>
    string Verb { get; }

    /// <summary>The path, from its slash on.</summary>
    string Path { get; }

    /// <summary>The request's body.</summary>
    Stream Body { get; }

    /// <summary>Where the response's body goes. It may keep all until the exchange ends.</summary>
    IBufferWriter<byte> Response { get; }

    /// <summary>Cancelled when the client is gone.</summary>
    CancellationToken Aborted { get; }

    /// <summary>A header of the request by its lower-case name, or null.</summary>
    string? Header(string name);

    /// <summary>Sets status and headers of the response; called once, first.</summary>
    void Begin(int httpStatus, params ReadOnlySpan<KeyValuePair<string, string>> headers);

    /// <summary>Sets a trailer of the response.</summary>
    void Trailer(string name, string value);
}
