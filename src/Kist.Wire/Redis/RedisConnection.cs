using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Wire.Sockets;

namespace Kist.Wire.Redis;

/// <summary>A connection to a Redis. It carries one command at a time; one that fails or is cancelled ends the connection.</summary>
public sealed class RedisConnection : IDisposable
{
    /// <summary>The largest command, with all its arguments.</summary>
    public const int MaxCommandBytes = 1024 * 1024;

    private readonly WireSocket socket;
    private readonly RedisReplyReader replies;

    internal RedisConnection(WireSocket socket, RedisLimits limits)
    {
        this.socket = socket;
        replies = new RedisReplyReader(socket, limits);
    }

    /// <summary>False once an operation has failed, or after disposal.</summary>
    public bool IsUsable => socket.IsUsable;

    /// <summary>Connects and logs in. The token bounds all of it.</summary>
    /// <exception cref="WireException">The server cannot be reached or trusted, or does not answer as Redis does.</exception>
    /// <exception cref="RedisException">User and password are not accepted, or the server takes nobody now.</exception>
    public static async Task<RedisConnection> ConnectAsync(RedisEndpoint endpoint, CancellationToken cancellationToken)
    {
        var opened = await WireSocket.OpenAsync(endpoint.Host, endpoint.Port, cancellationToken);
        try
        {
            if (endpoint.Tls is { } tls)
            {
                await opened.RunAsync(async token =>
                {
                    await opened.EncryptAsync(tls, endpoint.Host, token);
                    return true;
                }, cancellationToken);
            }
            var connection = new RedisConnection(opened, new RedisLimits());
            if (endpoint.Credentials is { } credentials)
                await connection.LogInAsync(credentials, cancellationToken);
            return connection;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and reads its reply; one that refuses the command is a reply like others.</summary>
    /// <param name="arguments">The command's name and its arguments.</param>
    /// <param name="cancellationToken">Ends the connection with the operation.</param>
    /// <exception cref="ArgumentException">The command is empty, or larger than <see cref="MaxCommandBytes"/>; nothing was sent.</exception>
    /// <exception cref="WireException">The connection broke, or the answer is not Redis's.</exception>
    public async Task<RedisReply> ExecuteAsync(IReadOnlyList<ReadOnlyMemory<byte>> arguments, CancellationToken cancellationToken)
    {
        var command = Encode(arguments);
        try
        {
            return await socket.RunAsync(async token =>
            {
                // An answer too many would be taken for this command's, and so on for ever.
                if (replies.HasMore)
                    throw socket.Fault(WireFault.Malformed, "there is an answer to no command");
                await socket.SendAsync(command, token);
                return await replies.ReadAsync(token);
            }, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(command);
        }
    }

    /// <summary>Arguments from texts, in UTF-8.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Arguments(params IEnumerable<string> texts) =>
        [.. texts.Select(static text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))];

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private async Task LogInAsync(WireCredentials credentials, CancellationToken cancellationToken)
    {
        var arguments = Arguments(credentials.UserName.Length > 0 ? ["AUTH", credentials.UserName] : ["AUTH"]);
        var reply = await ExecuteAsync([.. arguments, credentials.Password], cancellationToken);
        if (reply.IsError)
        {
            // A server that is full or protected says so here, and why is worth knowing; one that repeats the password is not.
            var repeats = reply.Bytes.Span.IndexOf(credentials.Password.Span) >= 0;
            throw new RedisException($"Redis refused the login: {(repeats ? reply.ErrorCode : reply.Text)}", reply.ErrorCode);
        }
    }

    private static byte[] Encode(IReadOnlyList<ReadOnlyMemory<byte>> arguments)
    {
        var heads = arguments.Select(static argument => Head('$', argument.Length)).Prepend(Head('*', arguments.Count)).ToList();
        var size = heads.Sum(static head => (long)head.Length) + arguments.Sum(static argument => argument.Length + 2L);
        if (arguments.Count == 0 || size > MaxCommandBytes)
            throw new ArgumentException("the command is empty or too large", nameof(arguments));
        var command = new byte[size];
        var rest = command.AsSpan();
        Append(ref rest, heads[0]);
        for (var i = 0; i < arguments.Count; i++)
        {
            Append(ref rest, heads[i + 1]);
            Append(ref rest, arguments[i].Span);
            Append(ref rest, "\r\n"u8);
        }
        return command;
    }

    private static byte[] Head(char type, int number) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type}{number}\r\n"));

    private static void Append(ref Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(rest);
        rest = rest[bytes.Length..];
    }
}
