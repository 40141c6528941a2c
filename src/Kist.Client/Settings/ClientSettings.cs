using Kist.Crypto;

namespace Kist.Client.Settings;

/// <summary>How a <see cref="KistClient"/> reaches its server and what it says about itself.</summary>
public sealed record ClientSettings
{
    /// <summary>Where the server listens. The default is Vault's: <c>https://127.0.0.1:8200</c>.</summary>
    public ServerAddress Address { get; init; } = ServerAddress.Default;

    /// <summary>Sent with every request, or null to send none.</summary>
    public SecretText? Token { get; init; }

    /// <summary>The tenant namespace, empty for the root one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>How the server is recognised, and the client to it.</summary>
    public TlsSettings Tls { get; init; } = new();

    /// <summary>How long one attempt may take. Default 60 seconds, as Vault's.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>When and how often a request is tried again.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Takes an answer that sends the client to another port of the server for a failure, in place of following it once.</summary>
    public bool DisableRedirects { get; init; }

    /// <summary>Further headers of every request, in order. Their values may be secret and are never printed.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];
}

/// <summary>How the server is recognised, and the client to it. Files are PEM.</summary>
public sealed record TlsSettings
{
    /// <summary>File of certificate authorities to trust in place of the system's, or null.</summary>
    public string? CaCertificate { get; init; }

    /// <summary>Folder of such files, or null; <see cref="CaCertificate"/> goes first.</summary>
    public string? CaPath { get; init; }

    /// <summary>File of the client's certificate, or null.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary>File of the key to <see cref="ClientCertificate"/>.</summary>
    public string? ClientKey { get; init; }

    /// <summary>
    /// The client certificate that was read first is used to the end, for a token may hang on it. Else it is read again when its files are others.
    /// </summary>
    public bool IsClientCertificateFixed { get; init; }

    /// <summary>The name that the server's certificate must bear, when it is not the address's; also sent as the host name.</summary>
    public string? ServerName { get; init; }

    /// <summary>Accepts any certificate: whoever sits on the wire can read the token. For experiments.</summary>
    public bool SkipVerify { get; init; }
}
