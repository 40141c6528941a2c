using Kist.Wire.Sockets;

namespace Kist.Wire.MySql;

/// <summary>How to reach a MySQL or MariaDB.</summary>
public sealed record MySqlEndpoint
{
    /// <summary>The server's name or address.</summary>
    public required string Host { get; init; }

    /// <summary>The server's port.</summary>
    public int Port { get; init; } = 3306;

    /// <summary>The user and its password.</summary>
    public required WireCredentials Credentials { get; init; }

    /// <summary>The database that statements are about when they name none; null for none.</summary>
    public string? Database { get; init; }

    /// <summary>
    /// Whom to trust; null goes without TLS. With it, a server without TLS is refused, before it has seen the user's name. Over TLS, the password is
    /// sent as it is when <c>caching_sha2_password</c> asks for it, so that whoever switches off <see cref="WireTls.Verify"/> shows it to anybody
    /// between.
    /// </summary>
    public WireTls? Tls { get; init; }

    /// <summary>
    /// Whether, without TLS, the password may be encrypted with a key that the server sends. Nobody can tell whose key that is: whoever sits between
    /// learns the password.
    /// </summary>
    public bool AllowPublicKeyRetrieval { get; init; }
}
