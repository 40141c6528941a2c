using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Wire.Http;

/// <summary>A small document to get.</summary>
/// <param name="Address">Where; see <see cref="DocumentFetch.CheckAddress"/>.</param>
public sealed record DocumentRequest(Uri Address)
{
    /// <summary>Authorities to trust; null for those that the system trusts.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>The largest answer that is taken.</summary>
    public int MaxBytes { get; init; } = 1024 * 1024;

    /// <summary>How long all of it may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>The document was not got. The message says why, and holds nothing of an answer.</summary>
public sealed class DocumentException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// Gets documents that others publish, such as key sets, at an address that a user of the server has chosen. So that nobody makes the server speak
/// to what only it can reach: TLS unless the address is the machine's own, no redirects, no proxy, no credentials, and never the link-local networks,
/// where clouds give credentials to whoever asks. Size and time are bounded.
/// </summary>
public static class DocumentFetch
{
    // Where Amazon's services that give credentials listen by IPv6, in a network that is not link-local.
    private static readonly IPNetwork CloudMetadata = IPNetwork.Parse("fd00:ec2::/32");

    // Gateways lead from there to the IPv4 address in the last four bytes (RFC 6052).
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>What is wrong with an address; null when nothing is.</summary>
    public static string? CheckAddress(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http") || address.Host.Length == 0)
            return "must be an address that begins with https://";
        if (address.UserInfo.Length > 0 || address.Fragment.Length > 0)
            return "must have neither a user nor a fragment";
        return address.Scheme == "http" && !address.IsLoopback ? "must begin with https://, for only the machine itself is asked without TLS" : null;
    }

    /// <summary>Gets a document.</summary>
    /// <exception cref="DocumentException">It could not be got.</exception>
    public static async Task<byte[]> GetAsync(DocumentRequest request, CancellationToken cancellationToken)
    {
        if (CheckAddress(request.Address.OriginalString) is { } bad)
            throw new DocumentException($"the address {bad}");
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(request.Timeout);
        try
        {
            using var client = new HttpClient(Handler(request)) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
            using var message = new HttpRequestMessage(HttpMethod.Get, request.Address);
            message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, timer.Token);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new DocumentException($"{Name(request)} answers with status {(int)response.StatusCode}{Hint(response)}");
            return await ReadAsync(response.Content, request, timer.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DocumentException($"{Name(request)} did not answer within {request.Timeout.TotalSeconds:0} seconds");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new DocumentException($"{Name(request)} {Reason(e)}", e);
        }
    }

    /// <summary>False for the addresses that are never asked.</summary>
    internal static bool IsAllowed(IPAddress address, bool plain)
    {
        var target = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (plain)
            return IPAddress.IsLoopback(target);
        if (Translated.Contains(target))
            target = new IPAddress(target.GetAddressBytes()[12..]);
        if (target.Equals(IPAddress.Any) || target.Equals(IPAddress.IPv6Any) || target.Equals(IPAddress.Broadcast))
            return false;
        if (target.AddressFamily == AddressFamily.InterNetworkV6)
            return !target.IsIPv6LinkLocal && !target.IsIPv6Multicast && !CloudMetadata.Contains(target);
        var bytes = target.GetAddressBytes();
        return bytes is not [169, 254, ..] && bytes[0] < 224;
    }

    private static SocketsHttpHandler Handler(DocumentRequest request)
    {
        var trust = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (request.Authorities is { } authorities)
        {
            trust.TrustMode = X509ChainTrustMode.CustomRootTrust;
            trust.CustomTrustStore.AddRange(authorities);
        }
        return new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, request.Address.Scheme == "http", ct),
            MaxResponseHeadersLength = 32,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
            UseCookies = false,
            UseProxy = false,
        };
    }

    // What the name means is looked at where the connection is made: a name can mean something else the next time it is asked.
    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool plain, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = Array.FindAll(addresses, a => IsAllowed(a, plain));
        if (allowed.Length == 0)
            throw new HttpRequestException("leads to an address that is never asked");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<byte[]> ReadAsync(HttpContent content, DocumentRequest request, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            if (whole.Length + read > request.MaxBytes)
                throw new DocumentException($"{Name(request)} answers with more than {request.MaxBytes} bytes");
            whole.Write(buffer, 0, read);
        }
        return whole.ToArray();
    }

    private static string Name(DocumentRequest request) => request.Address.GetLeftPart(UriPartial.Path);

    private static string Hint(HttpResponseMessage response) =>
        (int)response.StatusCode is >= 300 and < 400 ? ": redirects are not followed, give the address that it leads to" : "";

    private static string Reason(Exception fault) => fault switch
    {
        { InnerException: AuthenticationException inner } => $"is not trusted or refuses TLS: {inner.Message}",
        { InnerException: SocketException inner } => $"cannot be reached: {inner.Message}",
        { InnerException: HttpRequestException inner } => inner.Message,
        HttpRequestException { HttpRequestError: HttpRequestError.Unknown } => fault.Message,
        _ => $"broke the connection: {fault.Message}",
    };
}
