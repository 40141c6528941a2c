using System.Text;
using Kist.Wire.Sockets;

namespace Kist.Wire.MySql.Protocol;

/// <summary>How large a result may be.</summary>
/// <param name="Bytes">All packets of a result.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Columns">Its columns.</param>
internal sealed record MySqlLimits(int Bytes = 16 * 1024 * 1024, int Rows = 65_536, int Columns = 1024);

/// <summary>What a statement came to, or why the server refused it, and the session's state after it.</summary>
internal sealed record MySqlOutcome(MySqlResult? Result, MySqlException? Error, MySqlStatus Status);

/// <summary>Reads the answer to a statement.</summary>
internal sealed class MySqlResultReader(MySqlPackets packets, MySqlLimits limits)
{
    private int bytesLeft = limits.Bytes;

    /// <summary>Reads it whole.</summary>
    /// <exception cref="WireException">It is none, or too large, or asks for a file.</exception>
    public async Task<MySqlOutcome> ReadAsync(CancellationToken cancellationToken)
    {
        var first = await NextAsync(cancellationToken);
        switch (first[0])
        {
            case MySqlAnswer.Ok:
                var (affected, status) = MySqlAnswer.ReadOk(first);
                return Single(new MySqlResult(affected, [], []), status);
            case MySqlAnswer.Error:
                return Refused(first);
            case MySqlAnswer.File:
                throw packets.Socket.Fault(WireFault.Malformed, "the server asks for a file of this machine, and gets none");
            default:
                return await RowsAsync(await ColumnsAsync(ColumnCount(first), cancellationToken), cancellationToken);
        }
    }

    private int ColumnCount(byte[] packet)
    {
        var count = new MySqlFields(packet).Number();
        return count <= (ulong)limits.Columns ? (int)count : throw TooLarge();
    }

    private async Task<List<string>> ColumnsAsync(int count, CancellationToken cancellationToken)
    {
        var names = new List<string>(count);
        for (var i = 0; i < count; i++)
            names.Add(ColumnName(await NextAsync(cancellationToken)));
        return MySqlAnswer.IsEnd(await NextAsync(cancellationToken)) ? names : throw packets.Malformed("more columns than were promised");
    }

    // After catalogue, schema, and the table by both its names.
    private static string ColumnName(byte[] packet)
    {
        var fields = new MySqlFields(packet);
        for (var i = 0; i < 4; i++)
            fields.Counted();
        return Encoding.UTF8.GetString(fields.Counted());
    }

    private async Task<MySqlOutcome> RowsAsync(List<string> columns, CancellationToken cancellationToken)
    {
        var rows = new List<IReadOnlyList<string?>>();
        while (true)
        {
            var packet = await NextAsync(cancellationToken);
            if (MySqlAnswer.IsEnd(packet))
                return Single(new MySqlResult(0, columns, rows), MySqlAnswer.ReadEnd(packet));
            // No value begins with this byte.
            if (packet[0] == MySqlAnswer.Error)
                return Refused(packet);
            if (rows.Count == limits.Rows)
                throw TooLarge();
            rows.Add(Row(packet, columns.Count));
        }
    }

    private static string?[] Row(byte[] packet, int columns)
    {
        var fields = new MySqlFields(packet);
        var row = new string?[columns];
        for (var i = 0; i < columns; i++)
            row[i] = fields.NullableText();
        return fields.Left == 0 ? row : throw new FormatException("a row with more values than columns");
    }

    private MySqlOutcome Single(MySqlResult result, MySqlStatus status) => !status.HasFlag(MySqlStatus.MoreResults)
        ? new MySqlOutcome(result, null, status)
        : throw packets.Malformed("several results, which nobody asked for");

    private static MySqlOutcome Refused(byte[] packet) => new(null, MySqlAnswer.ReadError(packet), MySqlStatus.None);

    private async Task<byte[]> NextAsync(CancellationToken cancellationToken)
    {
        var packet = await packets.ReadAsync(Math.Min(bytesLeft, MySqlPackets.MaxBytes), cancellationToken);
        bytesLeft -= packet.Length;
        return packet;
    }

    private WireException TooLarge() => packets.Socket.Fault(WireFault.TooLarge, "the answer is larger than is taken");
}
