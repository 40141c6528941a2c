using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Client.Settings;

namespace Kist.Client.Transport;

/// <summary>Makes the handler that carries a client's requests: TCP or Unix socket, with the TLS that the settings ask for.</summary>
public static class HttpTransport
{
    /// <summary>Makes it.</summary>
    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    public static HttpMessageHandler Create(ClientSettings settings) =>
        settings is { Address.SocketPath: null, Tls: { ClientCertificate: { } certificate, ClientKey: { } key, IsClientCertificateFixed: false } }
            ? new RenewingHandler(certificate, key, () => Connections(settings))
            : Connections(settings);

    private static SocketsHttpHandler Connections(ClientSettings settings)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseProxy = settings.Address is { SocketPath: null, Root.IsLoopback: false },
        };

        // Without TLS in the address, too: the server may send its clients to an address with it.
        if (settings.Address.SocketPath is { } path)
            handler.ConnectCallback = (_, cancellation) => ConnectAsync(path, cancellation);
        else
            handler.SslOptions = Tls(settings.Tls);
        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [SuppressMessage("Security", "CA5359", Justification = "Only when the operator asks for -tls-skip-verify.")]
    [SuppressMessage("Security", "MA0039", Justification = "Only when the operator asks for -tls-skip-verify.")]
    [SuppressMessage("Security", "S4830", Justification = "Only when the operator asks for -tls-skip-verify.")]
    private static SslClientAuthenticationOptions Tls(TlsSettings tls)
    {
        var options = new SslClientAuthenticationOptions();
        if (tls.SkipVerify)
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        else if (Authorities(tls) is { } authorities)
            options.CertificateChainPolicy = Trusting(authorities);
        if (ClientCertificate(tls) is { } certificate)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return options;
    }

    private static X509ChainPolicy Trusting(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private static X509Certificate2Collection? Authorities(TlsSettings tls)
    {
        if ((tls.CaCertificate ?? tls.CaPath) is not { } place)
            return null;
        string[] files = tls.CaCertificate is { } file ? [file] : FilesIn(place);
        var authorities = new X509Certificate2Collection();
        foreach (var path in files)
            Load($"certificate authority {path}", () => authorities.ImportFromPemFile(path));
        return authorities.Count > 0 ? authorities : throw new SettingException($"there is no PEM certificate in {place}");
    }

    private static string[] FilesIn(string folder)
    {
        string[] files = [];
        Load($"certificate authorities of {folder}", () => files = Directory.GetFiles(folder));
        return files;
    }

    private static X509Certificate2? ClientCertificate(TlsSettings tls)
    {
        if (tls.ClientCertificate is null && tls.ClientKey is null)
            return null;
        if (tls.ClientCertificate is not { } certificate || tls.ClientKey is not { } key)
            throw new SettingException("a client certificate and its key go together: set both -client-cert and -client-key");
        X509Certificate2? loaded = null;
        Load($"client certificate {certificate}", () => loaded = X509Certificate2.CreateFromPemFile(certificate, key));
        return loaded;
    }

    /// <summary>Turns what reading a file can go wrong with into an error that names the file.</summary>
    private static void Load(string what, Action load)
    {
        try
        {
            load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SettingException($"cannot read the {what}: {e.Message}");
        }
    }
}
