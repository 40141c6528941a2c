using Kist.Wire.Etcd.Messages;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>Trades user and password for a token, and keeps that until etcd no longer takes it.</summary>
internal sealed class EtcdLogin(EtcdCredentials credentials, TimeSpan timeout) : IDisposable
{
    private readonly SemaphoreSlim one = new(1);
    private volatile string? token;

    /// <summary>The token, asked of <paramref name="channel"/>'s member if there is none. All members take it.</summary>
    public async ValueTask<string> TokenAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        if (token is { } known)
            return known;
        await one.WaitAsync(cancellationToken);
        try
        {
            return token ??= await AskAsync(channel, cancellationToken);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Lets go of a token that was refused, unless another caller has replaced it.</summary>
    public void Forget(string refused) => _ = Interlocked.CompareExchange(ref token, null, refused);

    public void Dispose() => one.Dispose();

    private async Task<string> AskAsync(GrpcChannel channel, CancellationToken cancellationToken)
    {
        var request = new AuthenticateRequest { Name = credentials.UserName, Password = credentials.Password };
        var response = await channel.UnaryAsync(EtcdMethods.Authenticate, request, new GrpcCallOptions { Timeout = timeout }, cancellationToken);
        return response.Token;
    }
}
