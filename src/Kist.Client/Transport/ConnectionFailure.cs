using System.Net.Security;
using System.Security.Authentication;
using Kist.Client.Settings;

namespace Kist.Client.Transport;

/// <summary>Says in words of an operator why no answer came.</summary>
public static class ConnectionFailure
{
    /// <summary>One sentence: what went wrong and what to look at.</summary>
    public static string Explain(HttpRequestException e, ServerAddress address) => e switch
    {
        { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException inner }
            when IsAboutCertificate(inner) => Untrusted(inner),
        { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            $"no TLS connection could be agreed on ({(e.InnerException ?? e).Message}); should the address begin with http://?",
        { HttpRequestError: HttpRequestError.NameResolutionError } => $"the name {address.Root.Host} is not known",
        { HttpRequestError: HttpRequestError.ConnectionError } =>
            $"{e.InnerException?.Message ?? e.Message}; is the server running, and the address right?",
        { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse } when !address.IsTls =>
            "the server does not speak plain HTTP there; should the address begin with https://?",
        _ => e.Message,
    };

    private static bool IsAboutCertificate(AuthenticationException e) => e.Message.StartsWith("The remote certificate", StringComparison.Ordinal);

    private static string Untrusted(AuthenticationException e) =>
        e.Message.Contains(nameof(SslPolicyErrors.RemoteCertificateNameMismatch), StringComparison.Ordinal)
            ? "the server's certificate is for another name; set -tls-server-name, or correct the address"
            : $"the server's certificate is not trusted; set -ca-cert to its authority ({e.Message})";
}
