using Kist.Wire.Sockets;

namespace Kist.Wire.Redis;

/// <summary>How to reach a Redis.</summary>
public sealed record RedisEndpoint
{
    /// <summary>The server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The server's port.</summary>
    public int Port { get; init; } = 6379;

    /// <summary>Whom to trust; null goes without TLS.</summary>
    public WireTls? Tls { get; init; }

    /// <summary>The user and its password, or the password alone for servers before Redis 6; null logs nobody in.</summary>
    public WireCredentials? Credentials { get; init; }
}

/// <summary>Redis refused the login.</summary>
public sealed class RedisException : Exception
{
    /// <summary>With the server's code.</summary>
    public RedisException(string message, string code)
        : base(message)
    {
        Code = code;
    }

    /// <summary>The first word of what the server said: <c>WRONGPASS</c>, <c>ERR</c>.</summary>
    public string Code { get; }
}
