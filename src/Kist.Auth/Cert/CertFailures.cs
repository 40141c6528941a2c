using Kist.Core;

namespace Kist.Auth.Cert;

/// <summary>The method's failures that several endpoints share.</summary>
internal static class CertFailures
{
    /// <summary>Nothing to judge. Says nothing of the roles.</summary>
    public static Failure NoCertificate { get; } = Failure.Invalid(
        "cert.none", "invalid certificate or no client certificate supplied: connect to this server by TLS with a client certificate and its intermediates");

    /// <summary>
    /// One answer for a role that does not exist, one that does not take the certificate and a certificate that is revoked: a stranger learns nothing of the
    /// roles.
    /// </summary>
    public static Failure Refused { get; } = Failure.Invalid("cert.refused", "no role takes this client certificate");

    /// <summary>The holder of a token did not show what the token was given for.</summary>
    public static Failure NotTheSame { get; } = Failure.Invalid(
        "cert.other_certificate", "the client certificate of this connection is not the one of the login, or is not good any more: log in again");

    /// <summary>Others won each race.</summary>
    public static Failure Contention { get; } = Failure.Unavailable("store.contention", "what the request is about is changing too fast; try again");

    /// <summary>The store did not say how a commit ended.</summary>
    public static Failure UnknownOutcome { get; } = Failure.Unavailable(
        "store.unknown_outcome", "the store did not confirm the change, which may have been made: look at what is there before you try again");
}
