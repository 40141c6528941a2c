using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kist.Wire.MySql;
using Kist.Wire.Sockets;

namespace Kist.Wire.Tests.MySql;

/// <summary>
/// No MySQL: a script that says what MySQL 8 and servers of ill will would say, for none of them is at hand. It says so in its version, and knows of
/// the protocol only what its tests need.
/// </summary>
internal sealed class FakeMySql : IAsyncDisposable
{
    /// <summary>What it gives out as its random bytes.</summary>
    public static readonly byte[] Challenge = [.. Enumerable.Range(1, 20).Select(static i => (byte)i)];

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Task played;

    private FakeMySql(Func<FakeMySqlSession, Task> script)
    {
        listener.Start();
        played = PlayAsync(script);
    }

    /// <summary>Plays a script to the first client that comes.</summary>
    public static FakeMySql Start(Func<FakeMySqlSession, Task> script) => new(script);

    /// <summary>How to reach it.</summary>
    public MySqlEndpoint Endpoint(string password, WireTls? tls = null, bool allowPublicKey = false) => new()
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)listener.LocalEndpoint).Port,
        Credentials = new WireCredentials("jo", Encoding.UTF8.GetBytes(password)),
        Tls = tls,
        AllowPublicKeyRetrieval = allowPublicKey,
    };

    /// <summary>Ends once the script has; its failures are the test's.</summary>
    public async ValueTask DisposeAsync()
    {
        await played;
        listener.Dispose();
    }

    private async Task PlayAsync(Func<FakeMySqlSession, Task> script)
    {
        using var client = await listener.AcceptTcpClientAsync();
        using var session = new FakeMySqlSession(client.GetStream());
        await script(session);
    }
}

/// <summary>One client of the fake.</summary>
internal sealed class FakeMySqlSession(Stream plain) : IDisposable
{
    public const uint Tls = 0x800;

    // Protocol 4.1, secure connection, plug-ins.
    private const uint Usual = 0x200 | 0x8000 | 0x80000;

    private Stream stream = plain;
    private byte next;

    /// <summary>A greeting's content.</summary>
    public static byte[] Greeting(string plugin, uint capabilities = 0)
    {
        var all = Usual | capabilities;
        return
        [
            10, .. "8.0.99-fake-of-a-test\0"u8, 1, 0, 0, 0, .. FakeMySql.Challenge.AsSpan(0, 8), 0, (byte)all, (byte)(all >> 8), 45, 2, 0,
            (byte)(all >> 16), (byte)(all >> 24), 21, .. new byte[10], .. FakeMySql.Challenge.AsSpan(8), 0, .. Encoding.ASCII.GetBytes(plugin), 0,
        ];
    }

    /// <summary>Sends a packet with the next number.</summary>
    public async Task SayAsync(params byte[] content)
    {
        await stream.WriteAsync((byte[])[(byte)content.Length, (byte)(content.Length >> 8), (byte)(content.Length >> 16), next++, .. content]);
        await stream.FlushAsync();
    }

    /// <summary>Reads a packet's content; null when the client has gone.</summary>
    public async Task<byte[]?> HearAsync()
    {
        var head = new byte[4];
        if (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false) < head.Length)
            return null;
        next = (byte)(head[3] + 1);
        var content = new byte[head[0] | (head[1] << 8) | (head[2] << 16)];
        await stream.ReadExactlyAsync(content);
        return content;
    }

    /// <summary>Reads the login: the user, the proof of the password and the plug-in.</summary>
    public async Task<(string User, byte[] Proof, string Plugin)> HearLoginAsync()
    {
        var login = (await HearAsync())!;
        Assert.Equal(0, login[0] & 0x80);
        var userEnd = Array.IndexOf(login, (byte)0, 32);
        var proof = login.AsSpan(userEnd + 2, login[userEnd + 1]).ToArray();
        var plugin = login.AsSpan(userEnd + 2 + proof.Length);
        return (Encoding.UTF8.GetString(login.AsSpan(32, userEnd - 32)), proof, Encoding.UTF8.GetString(plugin[..plugin.IndexOf((byte)0)]));
    }

    /// <summary>Reads the request for TLS and answers it.</summary>
    public async Task EncryptAsync(X509Certificate2 certificate)
    {
        Assert.Equal(32, (await HearAsync())!.Length);
        var encrypted = new SslStream(stream);
        stream = encrypted;
        await encrypted.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            EnabledSslProtocols = SslProtocols.None,
        });
    }

    /// <summary>Lets the client in and takes the statement that every session begins with.</summary>
    public async Task WelcomeAsync()
    {
        await SayAsync(0, 0, 0, 2, 0, 0, 0);
        Assert.StartsWith("\u0003SET NAMES utf8mb4", Encoding.UTF8.GetString((await HearAsync())!));
        await SayAsync(0, 0, 0, 2, 0, 0, 0);
    }

    public void Dispose() => stream.Dispose();
}
