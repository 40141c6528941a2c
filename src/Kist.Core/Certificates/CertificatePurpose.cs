using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Core.Certificates;

/// <summary>What a certificate may be used for, by its own words. Ask <see cref="CanBeRead"/> first.</summary>
public static class CertificatePurpose
{
    private const string AnyUsage = "2.5.29.37.0";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Whether its words can be read, each once: what says one thing twice may mean either.</summary>
    public static bool CanBeRead(this X509Certificate2 certificate)
    {
        try
        {
            _ = (Only<X509BasicConstraintsExtension>(certificate)?.CertificateAuthority, Only<X509KeyUsageExtension>(certificate)?.KeyUsages,
                Only<X509EnhancedKeyUsageExtension>(certificate)?.EnhancedKeyUsages, certificate.NotBefore, certificate.NotAfter);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether it is valid at a time.</summary>
    public static bool IsValidAt(this X509Certificate2 certificate, DateTimeOffset time) =>
        certificate.NotBefore.ToUniversalTime() <= time.UtcDateTime && time.UtcDateTime <= certificate.NotAfter.ToUniversalTime();

    /// <summary>Whether it may vouch for others. One that does not say so may not.</summary>
    public static bool IsAuthority(this X509Certificate2 certificate) =>
        Only<X509BasicConstraintsExtension>(certificate) is { CertificateAuthority: true } && Allows(certificate, X509KeyUsageFlags.KeyCertSign);

    /// <summary>Whether its key may sign revocation lists.</summary>
    public static bool MaySignLists(this X509Certificate2 certificate) => Allows(certificate, X509KeyUsageFlags.CrlSign);

    /// <summary>Whether it says that its holder may be the client of a connection.</summary>
    public static bool IsForClients(this X509Certificate2 certificate) =>
        IsFor(certificate, ClientAuthentication, AnyUsage) && Allows(certificate, X509KeyUsageFlags.DigitalSignature);

    /// <summary>Whether it names one of these usages.</summary>
    public static bool IsFor(this X509Certificate2 certificate, params ReadOnlySpan<string> usages)
    {
        foreach (var named in Only<X509EnhancedKeyUsageExtension>(certificate)?.EnhancedKeyUsages ?? [])
        {
            if (named.Value is { } usage && usages.Contains(usage))
                return true;
        }
        return false;
    }

    /// <summary>Whether an authority's words leave it to vouch for clients: they do unless it names other usages alone.</summary>
    public static bool MayVouchForClients(this X509Certificate2 authority) =>
        Only<X509EnhancedKeyUsageExtension>(authority) is null || IsFor(authority, ClientAuthentication, AnyUsage);

    private static bool Allows(X509Certificate2 certificate, X509KeyUsageFlags use) =>
        Only<X509KeyUsageExtension>(certificate) is not { } usage || usage.KeyUsages.HasFlag(use);

    private static T? Only<T>(X509Certificate2 certificate)
        where T : X509Extension => certificate.Extensions.OfType<T>().SingleOrDefault();
}
