using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kist.Wire.Sockets;

namespace Kist.Wire.MySql.Protocol;

/// <summary>From the greeting to a session.</summary>
internal sealed class MySqlLogin(MySqlPackets packets, MySqlEndpoint endpoint)
{
    private const int LargestPacket = 64 * 1024;

    // More than a switch, the password and the answer to it.
    private const int MostPackets = 8;

    // utf8mb4_general_ci, which MySQL and MariaDB both know by this number.
    private const byte Utf8 = 45;

    // Inside of caching_sha2_password.
    private const byte AskForKey = 2;
    private const byte Known = 3;
    private const byte Unknown = 4;

    // Never of local files: a server could ask for any (LOAD DATA LOCAL). Nor of several statements in one.
    private const MySqlCapabilities Wanted = MySqlCapabilities.LongPassword | MySqlCapabilities.LongFlag | MySqlCapabilities.Protocol41
        | MySqlCapabilities.Transactions | MySqlCapabilities.SecureConnection | MySqlCapabilities.PluginAuth | MySqlCapabilities.PluginAuthCounted;

    private byte[] challenge = [];
    private string plugin = "";

    private ReadOnlySpan<byte> Password => endpoint.Credentials.Password.Span;

    /// <summary>Logs in; null, or why the server refuses.</summary>
    /// <exception cref="WireException">The server cannot be trusted, or wants a login that is not allowed here.</exception>
    public async Task<MySqlException?> RunAsync(CancellationToken cancellationToken)
    {
        var greeting = MySqlGreeting.Read(await packets.ReadAsync(MySqlGreeting.MaxBytes, cancellationToken));
        challenge = greeting.Challenge;
        plugin = IsKnown(greeting.Plugin) ? greeting.Plugin : MySqlPasswords.Native;
        var capabilities = Wanted | (endpoint.Database is null ? MySqlCapabilities.None : MySqlCapabilities.ConnectWithDatabase);
        if (endpoint.Tls is { } tls)
        {
            if (!greeting.Capabilities.HasFlag(MySqlCapabilities.Tls))
                throw packets.Socket.Fault(WireFault.Tls, "the server has no TLS, which is asked for");
            capabilities |= MySqlCapabilities.Tls;
            await packets.SendAsync(Head(capabilities), cancellationToken);
            await packets.Socket.EncryptAsync(tls, endpoint.Host, cancellationToken);
        }
        await packets.SendAsync(Response(capabilities), cancellationToken);
        return await FinishAsync(cancellationToken);
    }

    private static bool IsKnown(string name) => name is MySqlPasswords.Native or MySqlPasswords.CachingSha2;

    private static byte[] Head(MySqlCapabilities capabilities)
    {
        var head = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)capabilities);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), MySqlPackets.MaxBytes);
        head[8] = Utf8;
        return head;
    }

    private byte[] Response(MySqlCapabilities capabilities)
    {
        var proof = Proof();
        var database = endpoint.Database is { } name ? Zeroed(name) : [];
        return [.. Head(capabilities), .. Zeroed(endpoint.Credentials.UserName), (byte)proof.Length, .. proof, .. database, .. Zeroed(plugin)];
    }

    private static byte[] Zeroed(string text) => !text.Contains('\0', StringComparison.Ordinal)
        ? [.. Encoding.UTF8.GetBytes(text), 0]
        : throw new ArgumentException("the name of a user or database has a NUL", nameof(text));

    private byte[] Proof() => plugin == MySqlPasswords.CachingSha2
        ? MySqlPasswords.OfCachingSha2(Password, challenge)
        : MySqlPasswords.OfNative(Password, challenge);

    private async Task<MySqlException?> FinishAsync(CancellationToken cancellationToken)
    {
        var switched = false;
        for (var i = 0; i < MostPackets; i++)
        {
            var packet = await packets.ReadAsync(LargestPacket, cancellationToken);
            switch (packet[0])
            {
                case MySqlAnswer.Ok:
                    return null;
                case MySqlAnswer.Error:
                    return MySqlAnswer.ReadError(packet);
                case MySqlAnswer.End when !switched:
                    switched = true;
                    Switch(packet);
                    await packets.SendAsync(Proof(), cancellationToken);
                    break;
                case MySqlAnswer.More when plugin == MySqlPasswords.CachingSha2 && packet is [_, Known]:
                    break;
                case MySqlAnswer.More when plugin == MySqlPasswords.CachingSha2 && packet is [_, Unknown]:
                    await SendPasswordAsync(cancellationToken);
                    break;
                default:
                    throw packets.Malformed("a login that goes another way");
            }
        }
        throw packets.Malformed("a login without an end");
    }

    // The server wants another plug-in, with a challenge of its own.
    private void Switch(byte[] packet)
    {
        var fields = new MySqlFields(packet.AsSpan(1));
        var wanted = packet.Length > 1 ? fields.TextToZero() : "mysql_old_password";
        if (!IsKnown(wanted))
        {
            var name = MySqlAnswer.Clean(Encoding.UTF8.GetBytes(wanted));
            throw packets.Socket.Fault(
                WireFault.Login, $"the server wants a login by {name}; the user must have {MySqlPasswords.Native} or {MySqlPasswords.CachingSha2}");
        }
        plugin = wanted;
        challenge = fields.Take(MySqlGreeting.ChallengeBytes).ToArray();
    }

    // The server has no hash of the password in its memory and needs the password itself.
    private async Task SendPasswordAsync(CancellationToken cancellationToken)
    {
        byte[] secret;
        if (packets.Socket.IsEncrypted)
            secret = MySqlPasswords.Plain(Password);
        else if (endpoint.AllowPublicKeyRetrieval)
        {
            await packets.SendAsync(new[] { AskForKey }, cancellationToken);
            var key = await packets.ReadAsync(LargestPacket, cancellationToken);
            if (key[0] == MySqlAnswer.Error)
                throw MySqlAnswer.ReadError(key);
            secret = Encrypt(key);
        }
        else
            throw packets.Socket.Fault(WireFault.Login, "the server wants the password itself, which is sent over TLS alone");
        try
        {
            await packets.SendAsync(secret, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private byte[] Encrypt(byte[] answer)
    {
        try
        {
            return answer[0] == MySqlAnswer.More
                ? MySqlPasswords.Encrypted(Password, challenge, Encoding.ASCII.GetString(answer.AsSpan(1)))
                : throw packets.Malformed("no public key where one was asked for");
        }
        catch (CryptographicException e)
        {
            throw packets.Socket.Fault(WireFault.Login, $"the server's public key cannot be used: {e.Message}");
        }
    }
}
