using System.Net.Security;
using Kist.Wire.Grpc;

namespace Kist.Wire.Etcd;

/// <summary>How to reach etcd.</summary>
public sealed record EtcdOptions
{
    /// <summary>The members' client addresses; the first that answers is kept until it no longer does. See <see cref="ParseEndpoints"/>.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>
    /// Whom to trust and which certificate to show; null trusts what the system trusts. With either given, <c>http</c> endpoints are refused. See
    /// <see cref="TlsFiles"/>.
    /// </summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>User and password, when etcd has authentication turned on and certificates do not name the user.</summary>
    public EtcdCredentials? Credentials { get; init; }

    /// <summary>How long one member may take to answer one request, but for compaction that is waited for and for the parts of a snapshot.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection to one member may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Largest answer that is taken. etcd bounds the number of entries of an answer, not its bytes.</summary>
    public int MaxReceiveBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Measures timeouts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    // Options that say nothing are what reading no files gives.
    internal bool SaysTls =>
        Tls is { CertificateChainPolicy: not null } or { ClientCertificateContext: not null } or { ClientCertificates.Count: > 0 };

    /// <summary>
    /// Reads a comma-separated list of addresses. One without a scheme is <c>https</c> when <paramref name="tls"/>, else <c>http</c>; with
    /// <paramref name="tls"/>, one that says <c>http</c> is refused.
    /// </summary>
    /// <exception cref="FormatException">The list is empty, or the message names the part that is no address.</exception>
    public static IReadOnlyList<Uri> ParseEndpoints(string list, bool tls)
    {
        var endpoints = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => Parse(part, tls)).ToList();
        return endpoints.Count > 0 ? endpoints : throw new FormatException("there is no etcd endpoint; write one as https://127.0.0.1:2379");
    }

    private static Uri Parse(string part, bool tls)
    {
        var scheme = tls ? "https" : "http";
        var text = part.Contains("://", StringComparison.Ordinal) ? part : $"{scheme}://{part}";
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && IsEndpoint(address))
        {
            return address.Scheme == "http" && tls
                ? throw new FormatException($"\"{part}\" goes without TLS, for which files are given; write it with https, or leave the files out")
                : address;
        }
        throw new FormatException($"\"{part}\" is no etcd endpoint; write it as https://127.0.0.1:2379");
    }

    private static bool IsEndpoint(Uri address) =>
        address.Scheme == "unix" ? address.AbsolutePath.Length > 1 : address is { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "" };
}

/// <summary>A user of etcd and its password. Never prints the password.</summary>
public sealed class EtcdCredentials(string userName, string password)
{
    /// <summary>The user.</summary>
    public string UserName { get; } = userName;

    internal string Password { get; } = password;

    /// <inheritdoc/>
    public override string ToString() => $"{UserName}:[redacted]";
}
