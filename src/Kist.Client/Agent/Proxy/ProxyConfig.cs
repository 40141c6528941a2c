namespace Kist.Client.Agent.Proxy;

/// <summary>One <c>listener</c> of the agent's configuration.</summary>
public sealed record AgentListenerConfig
{
    /// <summary>A Unix socket; otherwise TCP.</summary>
    public bool IsUnix { get; init; }

    /// <summary>The socket's path, or host and port.</summary>
    public string Address { get; init; } = "";

    /// <summary>The socket's mode.</summary>
    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The socket's owner, by name or number; empty keeps it.</summary>
    public string SocketUser { get; init; } = "";

    /// <summary>The socket's group, by name or number; empty keeps it.</summary>
    public string SocketGroup { get; init; } = "";

    /// <summary>Plain HTTP.</summary>
    public bool TlsDisable { get; init; }

    /// <summary>The certificate, PEM.</summary>
    public string TlsCertFile { get; init; } = "";

    /// <summary>The certificate's key, PEM.</summary>
    public string TlsKeyFile { get; init; } = "";

    /// <summary>Refuses requests without <c>X-Vault-Request: true</c>.</summary>
    public bool RequireRequestHeader { get; init; } = true;

    /// <summary><c>default</c> or <c>metrics_only</c>.</summary>
    public string Role { get; init; } = "default";

    /// <summary>Refuses users of the socket other than the agent's own and root.</summary>
    public bool CheckPeer { get; init; } = true;

    /// <summary>Refuses requests for other hosts than loopback.</summary>
    public bool CheckHost { get; init; } = true;

    /// <summary>The only paths that are passed on, with <c>*</c> at the end and <c>+</c> for a segment; empty for all.</summary>
    public IReadOnlyList<string> AllowedPaths { get; init; } = [];

    /// <summary>The only methods that are passed on; empty for all.</summary>
    public IReadOnlyList<string> AllowedMethods { get; init; } = [];

    /// <summary>Answers <c>POST /agent/v1/quit</c>.</summary>
    public bool ApiQuit { get; init; }
}

/// <summary>Whether requests get the agent's token.</summary>
public enum AutoAuthTokenUse
{
    /// <summary>They do not.</summary>
    None,

    /// <summary>Those that bring none.</summary>
    Yes,

    /// <summary>All, whatever they bring.</summary>
    Force,
}

/// <summary>The <c>api_proxy</c> of the agent's configuration.</summary>
/// <param name="UseAutoAuthToken">Whether requests get the agent's token.</param>
/// <param name="PrependNamespace">Whether the agent's namespace goes before that of requests.</param>
public sealed record ApiProxyConfig(AutoAuthTokenUse UseAutoAuthToken, bool PrependNamespace = false);

/// <summary>The <c>cache</c> of the agent's configuration.</summary>
/// <param name="Enabled">Whether answers with leases are kept.</param>
/// <param name="MaxBytes">How much they may take.</param>
public sealed record CacheConfig(bool Enabled, long MaxBytes = 64 * 1024 * 1024);
