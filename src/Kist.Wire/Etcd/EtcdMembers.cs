using Google.Protobuf;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>Carries calls to a member that answers: the one that did last, else the next.</summary>
internal sealed class EtcdMembers : IDisposable
{
    // With this, a member that has lost its leader says so at once instead of letting the call wait.
    private static readonly KeyValuePair<string, string> NeedsLeader = new("hasleader", "true");

    // A caller who gave up after less may just have been in a hurry.
    private static readonly TimeSpan PatienceWithMember = TimeSpan.FromSeconds(1);

    private readonly EtcdOptions options;
    private readonly GrpcChannel[] channels;
    private readonly EtcdLogin? login;
    private volatile int preferred;

    public EtcdMembers(EtcdOptions options)
    {
        if (options.Endpoints.Count == 0)
            throw new ArgumentException("there is no etcd endpoint", nameof(options));
        if (options.SaysTls && options.Endpoints.FirstOrDefault(e => e is { IsAbsoluteUri: true, Scheme: "http" }) is { } plain)
            throw new ArgumentException($"{plain} goes without TLS, for which authorities or a certificate are given", nameof(options));
        this.options = options;
        channels = [.. options.Endpoints.Select(address => new GrpcChannel(new GrpcChannelOptions
        {
            Address = address,
            Tls = options.Tls,
            ConnectTimeout = options.ConnectTimeout,
            Time = options.Time,
        }))];
        login = options.Credentials is { } credentials ? new EtcdLogin(credentials, options.RequestTimeout) : null;
    }

    /// <summary>One request, one response.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request.</param>
    /// <param name="kind">What it does.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TResponse> CallAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, EtcdCallKind kind, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        AskAsync(
            (channel, call) => channel.UnaryAsync(method, request, call with { Timeout = options.RequestTimeout }, cancellationToken),
            kind,
            cancellationToken);

    /// <summary>The same to one member, with or without a leader.</summary>
    public async Task<TResponse> CallOneAsync<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, Uri endpoint, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var channel = Array.Find(channels, c => c.Address == endpoint)
            ?? throw new ArgumentException($"{endpoint} is not among the endpoints", nameof(endpoint));
        try
        {
            return await WithLoginAsync(
                channel,
                call => channel.UnaryAsync(method, request, call with { Timeout = options.RequestTimeout }, cancellationToken),
                EtcdCallKind.Inspection,
                cancellationToken);
        }
        catch (GrpcException e)
        {
            throw EtcdFaults.Explain(e, EtcdCallKind.Inspection);
        }
    }

    /// <summary>Lets each member try in turn, until one does not fail by being out of reach.</summary>
    /// <exception cref="EtcdException">None could be reached, or one gave an answer that no other would better.</exception>
    public async Task<T> AskAsync<T>(Func<GrpcChannel, GrpcCallOptions, Task<T>> attempt, EtcdCallKind kind, CancellationToken cancellationToken)
    {
        var first = preferred;
        var failures = new List<(Uri Member, GrpcException Fault)>();
        for (var i = 0; i < channels.Length; i++)
        {
            var index = (first + i) % channels.Length;
            var channel = channels[index];
            var began = options.Time.GetTimestamp();
            try
            {
                var result = await WithLoginAsync(channel, call => attempt(channel, call), kind, cancellationToken);
                preferred = index;
                return result;
            }
            catch (GrpcException e) when (EtcdFaults.MayAskAnother(e, kind))
            {
                failures.Add((channel.Address, e));
            }
            catch (GrpcException e)
            {
                // The next call does not begin with a member that may have gone.
                if (EtcdFaults.MayAskAnother(e, EtcdCallKind.Read))
                    preferred = (index + 1) % channels.Length;
                throw EtcdFaults.Explain(e, kind);
            }
            catch (OperationCanceledException) when (options.Time.GetElapsedTime(began) > PatienceWithMember)
            {
                preferred = (index + 1) % channels.Length;
                throw;
            }
        }
        preferred = (first + 1) % channels.Length;
        throw NoneAnswered(failures);
    }

    public void Dispose()
    {
        foreach (var channel in channels)
            channel.Dispose();
    }

    private async Task<T> WithLoginAsync<T>(
        GrpcChannel channel, Func<GrpcCallOptions, Task<T>> attempt, EtcdCallKind kind, CancellationToken cancellationToken)
    {
        var call = new GrpcCallOptions { Metadata = kind == EtcdCallKind.Inspection ? [] : [NeedsLeader], MaxReceiveBytes = options.MaxReceiveBytes };
        if (login is null)
            return await attempt(call);
        var token = await LogInAsync(login, channel, cancellationToken);
        try
        {
            return await attempt(With(call, token));
        }
        catch (GrpcException e) when (EtcdFaults.MayNeedLogin(e, kind))
        {
            login.Forget(token);
            return await attempt(With(call, await LogInAsync(login, channel, cancellationToken)));
        }
    }

    // Whatever becomes of the login, the call itself was not sent.
    private static async Task<string> LogInAsync(EtcdLogin login, GrpcChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            return await login.TokenAsync(channel, cancellationToken);
        }
        catch (GrpcException e) when (EtcdFaults.MayAskAnother(e, EtcdCallKind.Read))
        {
            throw new GrpcException(e.Status, $"at the login, {e.Detail}", GrpcOrigin.Unsent, e);
        }
        catch (GrpcException e)
        {
            throw EtcdFaults.Explain(e, EtcdCallKind.Read);
        }
    }

    private static GrpcCallOptions With(GrpcCallOptions call, string token) =>
        call with { Metadata = [.. call.Metadata, new KeyValuePair<string, string>("token", token)] };

    private static EtcdException NoneAnswered(List<(Uri Member, GrpcException Fault)> failures)
    {
        var error = failures.TrueForAll(f => f.Fault.Status == GrpcStatusCode.DeadlineExceeded) ? EtcdError.TimedOut : EtcdError.Unavailable;
        var reasons = string.Join("; ", failures.Select(f => $"{f.Member.GetLeftPart(UriPartial.Path).TrimEnd('/')}: {f.Fault.Detail}"));
        return new EtcdException(error, $"no etcd endpoint answered: {reasons}", cause: failures[^1].Fault);
    }
}

/// <summary>What a call does, and so what may be done when it fails.</summary>
internal enum EtcdCallKind
{
    /// <summary>Reads, or does what does no harm when done twice.</summary>
    Read,

    /// <summary>Changes something, once.</summary>
    Write,

    /// <summary>Begins a watch.</summary>
    Watch,

    /// <summary>Looks at a member itself, with or without a leader.</summary>
    Inspection,
}
