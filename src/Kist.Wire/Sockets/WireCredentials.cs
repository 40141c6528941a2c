namespace Kist.Wire.Sockets;

/// <summary>A user and its password. Never prints the password, and leaves wiping it to its owner.</summary>
/// <param name="userName">The user; may be empty where a protocol has logins by password alone.</param>
/// <param name="password">The password's UTF-8 bytes.</param>
public sealed class WireCredentials(string userName, ReadOnlyMemory<byte> password)
{
    /// <summary>The user.</summary>
    public string UserName { get; } = userName;

    internal ReadOnlyMemory<byte> Password { get; } = password;

    /// <inheritdoc/>
    public override string ToString() => $"{UserName}:[redacted]";
}
