using Kist.Client.Agent.Secrets;
using Kist.Client.Settings;

namespace Kist.Client.Transport;

/// <summary>
/// Carries requests with the client certificate that its files hold: it is short-lived, and whoever replaces it tells nobody. When the files are
/// others, further requests go over new connections, and those under way end on theirs. Thread-safe.
/// </summary>
internal sealed class RenewingHandler : HttpMessageHandler
{
    private readonly string certificate;
    private readonly string key;
    private readonly Func<SocketsHttpHandler> connect;
    private readonly Lock gate = new();
    private HttpMessageInvoker current;
    private HttpMessageInvoker? last;
    private (FileStamp? Certificate, FileStamp? Key) stamps;

    /// <summary>Reads the files for the first time.</summary>
    /// <param name="certificate">The certificate's file.</param>
    /// <param name="key">Its key's file.</param>
    /// <param name="connect">Makes connections with what the files hold.</param>
    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    public RenewingHandler(string certificate, string key, Func<SocketsHttpHandler> connect)
    {
        (this.certificate, this.key, this.connect) = (certificate, key, connect);
        stamps = Stamps();
        current = new HttpMessageInvoker(connect());
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Current().Send(request, cancellationToken);

    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Current().SendAsync(request, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            current.Dispose();
            last?.Dispose();
        }
        base.Dispose(disposing);
    }

    private HttpMessageInvoker Current()
    {
        lock (gate)
        {
            // The stamps first: what is replaced behind them is seen at the next request.
            var found = Stamps();
            if (found != stamps && TryConnect() is { } next)
            {
                last?.Dispose();
                (last, current, stamps) = (current, next, found);
            }
            return current;
        }
    }

    // Null while only one of the files is replaced: the next request looks again, and the last certificate is good until then.
    private HttpMessageInvoker? TryConnect()
    {
        try
        {
            return new HttpMessageInvoker(connect());
        }
        catch (SettingException)
        {
            return null;
        }
    }

    private (FileStamp? Certificate, FileStamp? Key) Stamps() => (FileStamp.Of(certificate), FileStamp.Of(key));
}
