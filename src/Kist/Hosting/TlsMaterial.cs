using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Core.Certificates;
using Microsoft.AspNetCore.Connections;

namespace Kist.Hosting;

/// <summary>A listener's certificate, key and client authorities, read from files and read again when they have changed. Thread-safe.</summary>
internal sealed class TlsMaterial
{
    private readonly ListenerConfig config;
    private readonly Lock reading = new();
    private byte[] read;
    private volatile SslServerAuthenticationOptions current;

    /// <summary>Reads the files.</summary>
    /// <exception cref="ConfigException">A file is missing or not what it should be.</exception>
    public TlsMaterial(ListenerConfig config)
    {
        this.config = config;
        read = Fingerprint();
        current = Load();
    }

    /// <summary>
    /// For the handshake of a connection. The certificate that the client shows stays with the connection, a <see cref="ClientCertificate"/> among its features.
    /// </summary>
    public SslServerAuthenticationOptions OptionsFor(BaseConnectionContext connection)
    {
        var now = current;
        return config.TlsDisableClientCerts ? now : AskingForCertificates(now, connection);
    }

    /// <summary>Reads the files again; on an error the old ones stay in force.</summary>
    /// <exception cref="ConfigException">A file is missing or not what it should be.</exception>
    public void Reload()
    {
        lock (reading)
        {
            // Before the files: what is written meanwhile is seen the next time.
            read = Fingerprint();
            current = Load();
        }
    }

    /// <summary>Reads the files again if they hold something else than the last time; a fault is told once for each content.</summary>
    /// <returns>Whether they did.</returns>
    /// <exception cref="ConfigException">As for <see cref="Reload"/>.</exception>
    public bool ReloadIfChanged()
    {
        lock (reading)
        {
            if (Fingerprint().AsSpan().SequenceEqual(read))
                return false;
            Reload();
            return true;
        }
    }

    // Of the content: the files of Kubernetes' volumes are links to links, whose own times say nothing.
    private byte[] Fingerprint()
    {
        string[] files = [config.TlsCertFile, config.TlsKeyFile, config.TlsClientCaFile];
        return SHA256.HashData([.. files.Where(static f => f.Length > 0).SelectMany(HashOf)]);

        static byte[] HashOf(string file)
        {
            try
            {
                return SHA256.HashData(File.ReadAllBytes(file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Loading it says what is wrong.
                return [];
            }
        }
    }

    private SslServerAuthenticationOptions Load()
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(config.TlsCertFile);
            using var pem = X509Certificate2.CreateFromPemFile(config.TlsCertFile, config.TlsKeyFile);
            var leaf = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            chain.RemoveAt(0);
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
                EnabledSslProtocols = config.TlsMinVersion == "tls13" ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = config.TlsDisableClientCerts ? null : TrustIn(ReadAuthorities()),
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigException($"listener {config.Address}: cannot load the certificate {config.TlsCertFile} with key {config.TlsKeyFile}: {e.Message}");
        }
    }

    private SslServerAuthenticationOptions AskingForCertificates(SslServerAuthenticationOptions common, BaseConnectionContext connection) => new()
    {
        ServerCertificateContext = common.ServerCertificateContext,
        EnabledSslProtocols = common.EnabledSslProtocols,
        CertificateRevocationCheckMode = common.CertificateRevocationCheckMode,
        CertificateChainPolicy = common.CertificateChainPolicy!.Clone(),
        ClientCertificateRequired = true,
        // A session that is resumed brings back the client's certificate and not what it sent along.
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accept(certificate, chain, errors, connection),
    };

    // Unless the configuration names authorities, every certificate is let through: it grants nothing by itself, and the auth methods judge it.
    private bool Accept(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors, BaseConnectionContext connection)
    {
        if (shown is null)
            return !config.TlsRequireClientCert;
        if (config.TlsClientCaFile.Length > 0 && errors != SslPolicyErrors.None)
            return false;
        var others = chain is null ? [] : chain.ChainPolicy.ExtraStore.Select(c => (ReadOnlyMemory<byte>)c.RawData).ToList();
        connection.Features.Set(new ClientCertificate(shown.GetRawCertData(), others));
        return true;
    }

    private X509Certificate2Collection ReadAuthorities()
    {
        var authorities = new X509Certificate2Collection();
        if (config.TlsClientCaFile.Length == 0)
            return authorities;
        try
        {
            authorities.ImportFromPemFile(config.TlsClientCaFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ConfigException($"listener {config.Address}: cannot load the client authorities {config.TlsClientCaFile}: {e.Message}");
        }
        return authorities.Count > 0
            ? authorities
            : throw new ConfigException($"listener {config.Address}: no certificate in the client authorities {config.TlsClientCaFile}");
    }

    // The handshake completes a chain with what the client sent beside its certificate. It fetches nothing: the address would be the client's choice.
    private static X509ChainPolicy TrustIn(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        // Client authentication, RFC 5280 section 4.2.1.12.
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        return policy;
    }
}
