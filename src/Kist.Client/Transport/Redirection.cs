using System.Net;
using Kist.Client.Settings;

namespace Kist.Client.Transport;

/// <summary>Where a server sends its clients.</summary>
public static class Redirection
{
    /// <summary>
    /// Where the server sends its clients, once: to another port or from plain text to TLS. Token and body go to the host that the user named and to no
    /// other, and never from TLS to plain text.
    /// </summary>
    /// <exception cref="ConnectionException">It sends them elsewhere.</exception>
    public static Uri? Of(ClientSettings settings, HttpResponseMessage answer)
    {
        var redirects = answer.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!redirects || settings.DisableRedirects || answer.Headers.Location is not { } location)
            return null;
        if (!Uri.TryCreate(settings.Address.Root, location, out var target))
            throw new ConnectionException($"{settings.Address} sends its clients to what is no address; nothing was sent there");
        var elsewhere = target.GetLeftPart(UriPartial.Authority);
        if (!string.Equals(target.Host, settings.Address.Root.Host, StringComparison.OrdinalIgnoreCase))
        {
            throw new ConnectionException(
                $"{settings.Address} sends its clients to {elsewhere}, where nothing was sent; if that is a server to trust, set -address={elsewhere}");
        }

        return target.Scheme == settings.Address.Root.Scheme || target.Scheme == Uri.UriSchemeHttps
            ? target
            : throw new ConnectionException($"{settings.Address} sends its clients to {elsewhere}, which has no TLS; nothing was sent there");
    }
}
