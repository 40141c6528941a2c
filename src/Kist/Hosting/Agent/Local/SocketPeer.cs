using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kist.Client.Agent.Templates;

namespace Kist.Hosting.Agent.Local;

/// <summary>Who is at the other end of a Unix socket, by the kernel's word at the time of connecting.</summary>
/// <param name="UserId">The user.</param>
internal sealed record SocketPeer(uint UserId)
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    // struct ucred: process, user, group.
    private const int CredentialsLength = 12;
    private const int UserOffset = 4;

    /// <summary>Root can read the agent's memory anyhow; the agent's own user its files.</summary>
    public bool IsTrusted => UserId == 0 || UserId == FileOwner.Self();

    /// <summary>The peer; null when the kernel does not tell.</summary>
    public static SocketPeer? Of(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[CredentialsLength];
        try
        {
            return socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == CredentialsLength
                ? new SocketPeer(MemoryMarshal.Read<uint>(credentials[UserOffset..]))
                : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
