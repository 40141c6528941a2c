using Kist.Core.Seals;
using Kist.Engines.Kv;

namespace Kist.Hosting;

/// <summary>What a configuration file says, checked. Keys are Vault's; see docs/reference/configuration.md.</summary>
public sealed record ServerConfig
{
    /// <summary>Where to listen; at least one.</summary>
    public IReadOnlyList<ListenerConfig> Listeners { get; init; } = [];

    /// <summary>Where to keep the data.</summary>
    public StorageConfig Storage { get; init; } = new("inmem", "");

    /// <summary>Unattended unseal by a key from file or environment, or null for shares.</summary>
    public StaticSealConfig? Seal { get; init; }

    /// <summary>The address that clients reach this node by; empty means the first listener's.</summary>
    public string ApiAddress { get; init; } = "";

    /// <summary>A name for people; empty means one made from the cluster's id.</summary>
    public string ClusterName { get; init; } = "";

    /// <summary>Names this node in audit records; empty means the host's name.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>Default TTL of tokens and leases.</summary>
    public TimeSpan DefaultLeaseTtl { get; init; } = TimeSpan.FromHours(768);

    /// <summary>Longest TTL of tokens and leases.</summary>
    public TimeSpan MaxLeaseTtl { get; init; } = TimeSpan.FromHours(768);

    /// <summary>Longest time that a request may take.</summary>
    public TimeSpan MaxRequestDuration { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Bytes of encrypted entries to keep in memory; a quarter as much again is kept of parsed records.</summary>
    public long CacheBytes { get; init; } = 32L << 20;

    /// <summary><c>trace</c>, <c>debug</c>, <c>info</c>, <c>warn</c> or <c>error</c>.</summary>
    public string LogLevel { get; init; } = "info";

    /// <summary><c>standard</c> (for people) or <c>json</c>.</summary>
    public string LogFormat { get; init; } = "standard";

    /// <summary>File to write the process id to, or empty.</summary>
    public string PidFile { get; init; } = "";

    /// <summary>What rotation rules of key/value secrets may reach outside; nothing by default.</summary>
    public RotationSettings Rotation { get; init; } = new();

    /// <summary>Settings that were read and have no effect, to be told at start.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];
}

/// <summary>A TCP address or a Unix socket.</summary>
public sealed record ListenerConfig
{
    /// <summary><c>host:port</c>, or the socket's path.</summary>
    public string Address { get; init; } = "127.0.0.1:8200";

    /// <summary>True for a Unix socket.</summary>
    public bool IsUnix { get; init; }

    /// <summary>Mode of the Unix socket.</summary>
    public UnixFileMode SocketMode { get; init; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Plain HTTP; said aloud in the configuration, never a default.</summary>
    public bool TlsDisable { get; init; }

    /// <summary>PEM certificate chain.</summary>
    public string TlsCertFile { get; init; } = "";

    /// <summary>PEM private key.</summary>
    public string TlsKeyFile { get; init; } = "";

    /// <summary>Does not ask clients for a certificate; nobody can then log in with one on this listener.</summary>
    public bool TlsDisableClientCerts { get; init; }

    /// <summary>PEM authorities that client certificates must come from, or empty.</summary>
    public string TlsClientCaFile { get; init; } = "";

    /// <summary>Refuses clients without a certificate.</summary>
    public bool TlsRequireClientCert { get; init; }

    /// <summary><c>tls12</c> or <c>tls13</c>.</summary>
    public string TlsMinVersion { get; init; } = "tls12";
}

/// <summary>A store: <c>sqlite</c> with its file, or <c>inmem</c>.</summary>
public sealed record StorageConfig(string Type, string Path);

/// <summary>The static seal's keys, already read from where the configuration points.</summary>
public sealed record StaticSealConfig(StaticSealKey Current, StaticSealKey? Previous);
