using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>Trades user and password for a token, and keeps that until etcd no longer takes it.</summary>
internal sealed class EtcdLogin(EtcdCredentials credentials, TimeSpan timeout)
{
    private readonly Lock starting = new();
    private readonly Dictionary<GrpcChannel, Task<string>> running = [];
    private volatile string? token;

    /// <summary>
    /// The token, asked of <paramref name="channel"/>'s member if there is none. All members take it. Whoever comes while a member is being asked
    /// waits for that answer, so that nobody waits for a member longer than a request may take.
    /// </summary>
    public async ValueTask<string> TokenAsync(GrpcChannel channel, CancellationToken cancellationToken) =>
        token ?? await Running(channel).WaitAsync(cancellationToken);

    /// <summary>Lets go of a token that was refused, unless another caller has replaced it.</summary>
    public void Forget(string refused) => _ = Interlocked.CompareExchange(ref token, null, refused);

    private Task<string> Running(GrpcChannel channel)
    {
        lock (starting)
        {
            if (token is { } known)
                return Task.FromResult(known);
            if (running.TryGetValue(channel, out var login) && !login.IsCompleted)
                return login;
            login = AskAsync(channel);
            // Looked at, so that a failure that every caller has left is not reported as unobserved.
            _ = login.ContinueWith(
                static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return running[channel] = login;
        }
    }

    // Not by the token of one caller: others wait too.
    private async Task<string> AskAsync(GrpcChannel channel)
    {
        var request = new AuthenticateRequest { Name = credentials.UserName, Password = credentials.Password };
        var response = await channel.UnaryAsync(EtcdMethods.Authenticate, request, new GrpcCallOptions { Timeout = timeout }, CancellationToken.None);
        return Interlocked.CompareExchange(ref token, response.Token, null) ?? response.Token;
    }
}
