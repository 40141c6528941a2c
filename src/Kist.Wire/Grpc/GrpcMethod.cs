using Google.Protobuf;

namespace Kist.Wire.Grpc;

/// <summary>A method by its full name, with the messages it takes and gives.</summary>
/// <param name="FullName">Service and method, such as <c>etcdserverpb.KV/Range</c>.</param>
/// <typeparam name="TRequest">The request's message.</typeparam>
/// <typeparam name="TResponse">The response's message.</typeparam>
public sealed record GrpcMethod<TRequest, TResponse>(string FullName)
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    internal static readonly MessageParser<TRequest> Requests = new(() => new TRequest());
    internal static readonly MessageParser<TResponse> Responses = new(() => new TResponse());

    internal string Path => "/" + FullName;
}
