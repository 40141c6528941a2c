using System.Security.Cryptography;
using System.Text;
using Kist.Wire.MySql.Protocol;
using Kist.Wire.Sockets;

namespace Kist.Wire.MySql;

/// <summary>
/// A session on a MySQL or MariaDB. It carries one statement at a time; an operation that breaks or is cancelled ends it, a statement that the server
/// refuses does not.
/// </summary>
public sealed class MySqlConnection : IDisposable
{
    /// <summary>
    /// The largest statement, in bytes of UTF-8: what every server takes, and far below the 16 MiB where packets come in parts.
    /// </summary>
    public const int MaxStatementBytes = 1024 * 1024;

    private const byte Quit = 0x01;
    private const byte Query = 0x03;
    private const byte Ping = 0x0e;

    // What MySqlQuoting rests on. Some servers do not heed the character set that the login asks for.
    private const string FirstStatement =
        "SET NAMES utf8mb4, SESSION sql_mode = TRIM(BOTH ',' FROM REPLACE(CONCAT(',', @@SESSION.sql_mode, ','), ',NO_BACKSLASH_ESCAPES,', ','))";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly WireSocket socket;
    private readonly MySqlPackets packets;
    private readonly MySqlLimits limits;

    internal MySqlConnection(WireSocket socket, MySqlLimits limits)
    {
        this.socket = socket;
        this.limits = limits;
        packets = new MySqlPackets(socket);
    }

    /// <summary>False once an operation has failed, or after disposal.</summary>
    public bool IsUsable => socket.IsUsable;

    /// <summary>Connects and logs in. The token bounds all of it.</summary>
    /// <exception cref="WireException">The server cannot be reached or trusted, wants another login, or does not answer as MySQL does.</exception>
    /// <exception cref="MySqlException">User and password are not accepted, or the server takes nobody now.</exception>
    public static async Task<MySqlConnection> ConnectAsync(MySqlEndpoint endpoint, CancellationToken cancellationToken)
    {
        var connection = new MySqlConnection(await WireSocket.OpenAsync(endpoint.Host, endpoint.Port, cancellationToken), new MySqlLimits());
        try
        {
            await connection.LogInAsync(endpoint, cancellationToken);
            await connection.ExecuteAsync(FirstStatement, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs one statement and reads its result.</summary>
    /// <param name="sql">The statement; values and names in it are quoted by <see cref="MySqlQuoting"/>.</param>
    /// <param name="cancellationToken">Ends the session with the operation; the statement may have been carried out.</param>
    /// <exception cref="ArgumentException">The statement is too large, or no Unicode; nothing was sent.</exception>
    /// <exception cref="MySqlException">The server refused the statement.</exception>
    /// <exception cref="WireException">The session broke, or the answer is not MySQL's.</exception>
    public async Task<MySqlResult> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        if (sql.Length > MaxStatementBytes || Utf8.GetByteCount(sql) > MaxStatementBytes)
            throw new ArgumentException("the statement is too large", nameof(sql));
        var command = new byte[1 + Utf8.GetByteCount(sql)];
        command[0] = Query;
        Utf8.GetBytes(sql, command.AsSpan(1));
        try
        {
            var outcome = await RunAsync(command, cancellationToken);
            return outcome.Result ?? throw outcome.Error!;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(command);
        }
    }

    /// <summary>Asks for a sign of life.</summary>
    /// <exception cref="WireException">There is none.</exception>
    public async Task PingAsync(CancellationToken cancellationToken)
    {
        if ((await RunAsync([Ping], cancellationToken)).Error is { } error)
            throw error;
    }

    /// <summary>Tells the server that the session is over, and ends it. A server that hears nothing of it counts a client that was cut off.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await socket.RunAsync(async token =>
            {
                packets.Begin();
                await packets.SendAsync(new[] { Quit }, token);
                return true;
            }, cancellationToken);
        }
        catch (WireException)
        {
            // It is over already.
        }
        finally
        {
            socket.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    internal async Task LogInAsync(MySqlEndpoint endpoint, CancellationToken cancellationToken)
    {
        var refusal = await GuardAsync(token => new MySqlLogin(packets, endpoint).RunAsync(token), cancellationToken);
        if (refusal is not null)
            throw refusal;
    }

    private Task<MySqlOutcome> RunAsync(byte[] command, CancellationToken cancellationToken) => GuardAsync(async token =>
    {
        packets.Begin();
        await packets.SendAsync(command, token);
        var outcome = await new MySqlResultReader(packets, limits).ReadAsync(token);
        return outcome.Status.HasFlag(MySqlStatus.NoBackslashEscapes)
            ? throw socket.Fault(WireFault.Broken, "the session has NO_BACKSLASH_ESCAPES turned on, with which quoted texts mean something else")
            : outcome;
    }, cancellationToken);

    private Task<T> GuardAsync<T>(Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken) => socket.RunAsync(async token =>
    {
        try
        {
            return await operation(token);
        }
        catch (FormatException e)
        {
            throw packets.Malformed(e.Message);
        }
    }, cancellationToken);
}
