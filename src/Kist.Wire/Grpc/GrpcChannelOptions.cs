using System.Net.Security;

namespace Kist.Wire.Grpc;

/// <summary>Where a channel leads and how.</summary>
public sealed record GrpcChannelOptions
{
    /// <summary>
    /// <c>https://host:port</c>, <c>http://host:port</c> (HTTP/2 without TLS), or a Unix socket as <c>unix:///path</c>; <c>unix:///@name</c> is one in
    /// Linux's abstract namespace.
    /// </summary>
    public required Uri Address { get; init; }

    /// <summary>Whom to trust and which certificate to show, for <c>https</c>; null trusts what the system trusts. See <see cref="TlsFiles"/>.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>How long a connection may take to be made, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A peer that is silent for so long during a call is asked for a sign of life. Servers of grpc-go refuse less than five seconds.</summary>
    public TimeSpan KeepAliveDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A peer that gives none within this time is given up: its calls end as <see cref="GrpcStatusCode.Unavailable"/>.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Measures deadlines.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
