using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Etcd;

/// <summary>A column of a result.</summary>
/// <param name="Title">Above the table's column.</param>
/// <param name="Field">The name in JSON.</param>
/// <param name="IsNumber">True when JSON has it without quotes.</param>
internal sealed record RowColumn(string Title, string Field, bool IsNumber = false);

/// <summary>Prints rows of a spool as they come out of it, in large pieces.</summary>
internal sealed class RowOutput(CliHost host) : IDisposable
{
    private const int PieceChars = 32 * 1024;
    private const string Gap = "    ";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly StringBuilder piece = new();

    /// <summary>Prints text that is safe as it is.</summary>
    public void Write(string text)
    {
        piece.Append(text);
        if (piece.Length < PieceChars)
            return;
        host.Output.Write(piece);
        piece.Clear();
    }

    /// <summary>A table whose columns are <paramref name="order"/> of the spool's.</summary>
    public void Table(RowSpool spool, IReadOnlyList<RowColumn> columns, IReadOnlyList<int> order)
    {
        Line([.. order.Select(i => columns[i].Title)]);
        Line([.. order.Select(i => new string('-', columns[i].Title.Length))]);
        foreach (var row in spool.Rows())
            Line([.. order.Select(i => Printable.Cell(row[i] is { Length: > 0 } text ? text : "-"))]);

        void Line(string[] cells)
        {
            for (var i = 0; i < cells.Length; i++)
            {
                var width = Math.Max(spool.Widths[order[i]], columns[order[i]].Title.Length);
                Write(i == cells.Length - 1 ? cells[i] + "\n" : cells[i].PadRight(width) + Gap);
            }
        }
    }

    /// <summary>A JSON document of numbers and one list: <c>{"totals":{…},"objects":[…]}</c>, an object a line.</summary>
    public void Json(IReadOnlyList<(string Name, long Value)> totals, string list, RowSpool spool, IReadOnlyList<RowColumn> columns)
    {
        Write("{\n  \"totals\": {" + string.Join(", ", totals.Select(t => $"\"{t.Name}\": {t.Value}")) + "},\n  \"" + list + "\": [");
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Options);
        var first = true;
        foreach (var row in spool.Rows())
        {
            buffer.ResetWrittenCount();
            writer.Reset();
            WriteRow(writer, row, columns);
            writer.Flush();
            Write((first ? "\n    " : ",\n    ") + Encoding.UTF8.GetString(buffer.WrittenSpan));
            first = false;
        }
        Write(first ? "]\n}\n" : "\n  ]\n}\n");
    }

    /// <summary>Prints what is left.</summary>
    public void Dispose()
    {
        host.Output.Write(piece);
        piece.Clear();
    }

    private static void WriteRow(Utf8JsonWriter writer, string?[] row, IReadOnlyList<RowColumn> columns)
    {
        writer.WriteStartObject();
        for (var i = 0; i < row.Length; i++)
        {
            writer.WritePropertyName(columns[i].Field);
            if (row[i] is not { } text)
                writer.WriteNullValue();
            else if (columns[i].IsNumber)
                writer.WriteRawValue(text);
            else
                writer.WriteStringValue(text);
        }
        writer.WriteEndObject();
    }
}
