using Google.Protobuf.WellKnownTypes;
using Kist.Api.Grpc;
using Kist.Wire.Grpc;
using Kist.Wire.Grpc.Server;

namespace Kist.Wire.Tests.Grpc.Server;

/// <summary>The server that the tests call: methods that answer, wait, refuse and break.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    public static readonly GrpcMethod<StringValue, StringValue> Echo = new("test.Echo/Echo");
    public static readonly GrpcMethod<StringValue, StringValue> Metadata = new("test.Echo/Metadata");
    public static readonly GrpcMethod<StringValue, StringValue> Refuse = new("test.Echo/Refuse");
    public static readonly GrpcMethod<StringValue, StringValue> Break = new("test.Echo/Break");
    public static readonly GrpcMethod<StringValue, StringValue> Wait = new("test.Echo/Wait");
    public static readonly GrpcMethod<StringValue, StringValue> WaitDeaf = new("test.Echo/WaitDeaf");
    public static readonly GrpcMethod<StringValue, StringValue> Unknown = new("test.Echo/Unknown");

    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GrpcServer server;

    private EchoServer() => server = new GrpcServer(new GrpcServerOptions { MaxReceiveBytes = 1000, OnFault = (path, e) => Faults.Enqueue((path, e)) })
        .Unary(Echo, static (request, _, _) => ValueTask.FromResult(request))
        .Unary(Metadata, static (request, call, _) => ValueTask.FromResult(new StringValue { Value = $"{call.Metadata(request.Value)} {call.Timeout}" }))
        .Unary(Refuse, static (request, _, _) => throw new GrpcException(GrpcStatusCode.FailedPrecondition, request.Value))
        .Unary(Break, static (request, _, _) => throw new InvalidOperationException($"a bug that knows {request.Value}"))
        .Unary(Wait, WaitAsync)
        .Unary(WaitDeaf, WaitDeafAsync);

    public WebServer Web { get; private set; } = null!;

    /// <summary>What handlers threw.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<(string Path, Exception Fault)> Faults { get; } = [];

    /// <summary>The last call of the handler that does not look at its token.</summary>
    public GrpcServerCall? DeafCall { get; private set; }

    /// <summary>Ends when a waiting handler has begun.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when a waiting handler was told that nobody waits for it.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<EchoServer> StartAsync()
    {
        var echo = new EchoServer();
        echo.Web = await WebServer.StartAsync(context => GrpcRequests.HandleAsync(context, echo.server));
        return echo;
    }

    public async ValueTask DisposeAsync()
    {
        released.TrySetResult();
        await Web.DisposeAsync();
    }

    private async ValueTask<StringValue> WaitAsync(StringValue request, GrpcServerCall call, CancellationToken cancellationToken)
    {
        Waiting.TrySetResult();
        using var told = cancellationToken.Register(() => Cancelled.TrySetResult());
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return request;
    }

    private async ValueTask<StringValue> WaitDeafAsync(StringValue request, GrpcServerCall call, CancellationToken cancellationToken)
    {
        DeafCall = call;
        Waiting.TrySetResult();
        await released.Task;
        return request;
    }
}
