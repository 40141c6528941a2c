using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;

namespace Kist.Auth.Cert.Revocation;

/// <summary>
/// Fetches revocation lists and asks OCSP servers, within bounds of size and time. No redirects: they would lead where nobody has allowed to ask.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Lives as long as the process.")]
internal sealed class RevocationHttp(HttpMessageHandler network, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private const int LongestUrl = 2048;

    private readonly HttpMessageInvoker invoker = new(network);

    /// <summary>The network.</summary>
    public static HttpMessageHandler Network() => new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(4),
        MaxConnectionsPerServer = 8,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
    };

    /// <summary>Reads a URL that may be asked: HTTP, because what comes back is signed, or HTTPS; without user and password.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url) && (url.Scheme is "http" or "https")
        && url.UserInfo.Length == 0 && url.Host.Length > 0 && text.Length <= LongestUrl;

    /// <summary>GET; null when no answer of at most so many bytes came in time.</summary>
    public ValueTask<byte[]?> GetAsync(Uri url, int maxBytes, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, url), maxBytes, cancellationToken);

    /// <summary>POST; null when no answer of at most so many bytes came in time.</summary>
    public ValueTask<byte[]?> PostAsync(Uri url, byte[] body, string contentType, int maxBytes, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return SendAsync(request, maxBytes, cancellationToken);
    }

    private async ValueTask<byte[]?> SendAsync(HttpRequestMessage request, int maxBytes, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using (request)
        {
            try
            {
                using var response = await invoker.SendAsync(request, either.Token);
                return response.StatusCode == HttpStatusCode.OK ? await ReadAsync(response, maxBytes, either.Token) : null;
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                return null;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    private static async ValueTask<byte[]?> ReadAsync(HttpResponseMessage response, int maxBytes, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[8192];
        using var whole = new MemoryStream();
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            whole.Write(buffer, 0, read);
            if (whole.Length > maxBytes)
                return null;
        }
        return whole.ToArray();
    }
}
