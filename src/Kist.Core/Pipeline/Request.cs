using System.Net;
using Kist.Core.Certificates;
using Kist.Core.Namespaces;
using Kist.Crypto;

namespace Kist.Core.Pipeline;

/// <summary>One request as the core sees it, whatever dialect it came in. Immutable but for what the pipeline refines once.</summary>
public sealed class Request
{
    /// <summary>Unique; appears in answers, audit records and logs.</summary>
    public required string Id { get; init; }

    /// <summary>The tenant namespace.</summary>
    public NamespaceId Namespace { get; init; } = NamespaceId.Root;

    /// <summary>Full path without a leading slash, decoded and normalised: <c>secret/data/app</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What to do at the path.</summary>
    public required Operation Operation { get; set; }

    /// <summary>Asks what can be done at the path, and does nothing.</summary>
    public bool AsksForHelp { get; internal set; }

    /// <summary>UTF-8 JSON object, or empty.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Query parameters in order, decoded; they bind to fields like the body's.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <summary>The client's token as sent, or null.</summary>
    public SecretText? Token { get; init; }

    /// <summary>The socket's address, never a forwarded header's; null when there is none (Unix socket).</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>The socket's port, 0 when unknown.</summary>
    public int ClientPort { get; init; }

    /// <summary>The certificate that the client showed when its connection was made, or null; never a forwarded header's.</summary>
    public ClientCertificate? ClientCertificate { get; init; }

    /// <summary>Wrap the answer for this long (<c>X-Vault-Wrap-TTL</c>), or null.</summary>
    public TimeSpan? WrapTtl { get; init; }

    /// <summary>The store revision that the answer must include (<c>X-Vault-Index</c>), or null.</summary>
    public long? RequiredIndex { get; init; }

    /// <summary>
    /// Cancelled when the client has gone. What only waits for its client ends then; whatever does something takes no notice of it.
    /// </summary>
    public Func<CancellationToken> ClientGone { get; init; } = static () => CancellationToken.None;

    /// <summary>Reads a header for the audit records that <c>sys/config/auditing</c> asks for; null when absent.</summary>
    public Func<string, string?> Header { get; init; } = static _ => null;
}
