using System.Net.Sockets;

namespace Kist.Hosting.Kms;

/// <summary>
/// The socket of a plugin. What a plugin left behind that was killed is replaced; the socket of one that lives is not. A lock beside the socket, which
/// the system drops with the process, decides between plugins that start at once.
/// </summary>
internal sealed class PluginSocket : IDisposable
{
    private const string Scheme = "unix://";

    private readonly FileStream claim;

    private PluginSocket(string path, FileStream claim)
    {
        Path = path;
        this.claim = claim;
    }

    /// <summary>The socket's path.</summary>
    public string Path { get; }

    /// <summary>The path in an address as an EncryptionConfiguration has it (<c>unix:///run/kist-kms.sock</c>), or the path itself.</summary>
    /// <exception cref="ConfigException">It is none that can be served.</exception>
    public static string PathOf(string address)
    {
        var path = address.StartsWith(Scheme, StringComparison.Ordinal) ? address[Scheme.Length..] : address;
        if (path.TrimStart('/').StartsWith('@'))
            throw new ConfigException("an abstract socket (@name) has no mode: every process on the machine could decrypt through it. Give a path");
        if (!path.StartsWith('/'))
            throw new ConfigException($"the socket \"{address}\" is no absolute path, such as /run/kist-kms/kms.sock");
        return path;
    }

    /// <summary>Makes sure that nobody else serves there, and removes what a killed plugin left.</summary>
    /// <exception cref="ConfigException">Somebody does, or the path cannot be used.</exception>
    public static PluginSocket Claim(string path)
    {
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(path)))
            throw new ConfigException($"the folder of the socket {path} is not there");
        FileStream held;
        try
        {
            held = new FileStream(path + ".lock", new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"the socket {path} cannot be served: another process holds {path}.lock, or it cannot be written ({e.Message})");
        }
        try
        {
            RemoveStale(path);
            return new PluginSocket(path, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Binds. The mode is right before anybody can connect: nobody can until the server listens.</summary>
    /// <exception cref="ConfigException">The path is too long or cannot be bound.</exception>
    public Socket Bind(UnixFileMode mode)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(Path));
            File.SetUnixFileMode(Path, mode);
            return socket;
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new ConfigException($"the socket {Path} cannot be made: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(Path);
        claim.Dispose();
    }

    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
            return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new ConfigException($"{path} is there and is no socket that a plugin left behind ({e.Message}); remove it, or choose another path");
        }
        throw new ConfigException($"another process serves {path}");
    }

    // A connection to a regular file is refused in the same way.
    private static bool IsSocket(string path)
    {
        try
        {
            using var file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (IOException)
        {
            // What cannot be opened (ENXIO) is one.
            return true;
        }
    }
}
