using System.Text;
using Kist.Commands.Rendering;

namespace Kist.Commands.Etcd;

/// <summary>
/// Keeps the rows of a result until their totals and widths are known. Many rows go to a file without a name, so that memory does not grow with the
/// cluster. They hold names, never values.
/// </summary>
internal sealed class RowSpool : IDisposable
{
    private const int MostInMemory = 1024 * 1024;

    // A name that is longer moves the rest of its row aside.
    private const int WidestColumn = 60;

    private readonly int[] widths;
    private Stream stream = new MemoryStream();
    private BinaryWriter writer;
    private bool staysInMemory;

    /// <summary>An empty one for rows of so many cells.</summary>
    public RowSpool(int columns)
    {
        widths = new int[columns];
        writer = WriterOf(stream);
    }

    /// <summary>How many rows there are.</summary>
    public long Count { get; private set; }

    /// <summary>How wide each column is as a cell of a table.</summary>
    public IReadOnlyList<int> Widths => widths;

    /// <summary>True once rows are in a file.</summary>
    public bool IsInFile => stream is FileStream;

    /// <summary>Adds a row.</summary>
    public void Add(params ReadOnlySpan<string?> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            writer.Write(cells[i] is not null);
            if (cells[i] is not { } text)
                continue;
            writer.Write(text);
            widths[i] = Math.Max(widths[i], Math.Min(WidestColumn, Printable.Cell(text).Length));
        }
        Count++;
        if (!staysInMemory && stream is MemoryStream { Length: > MostInMemory } memory)
            MoveToFile(memory);
    }

    /// <summary>The rows in order, after the last one was added.</summary>
    public IEnumerable<string?[]> Rows()
    {
        writer.Flush();
        stream.Position = 0;
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        for (var row = 0L; row < Count; row++)
        {
            var cells = new string?[widths.Length];
            for (var i = 0; i < widths.Length; i++)
                cells[i] = reader.ReadBoolean() ? reader.ReadString() : null;
            yield return cells;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writer.Dispose();
        stream.Dispose();
    }

    private static BinaryWriter WriterOf(Stream stream) => new(stream, Encoding.UTF8, leaveOpen: true);

    private void MoveToFile(MemoryStream memory)
    {
        if (TryOpenFile() is not { } file)
        {
            // Where nothing can be written, memory has to do.
            staysInMemory = true;
            return;
        }
        writer.Dispose();
        memory.WriteTo(file);
        memory.Dispose();
        stream = file;
        writer = WriterOf(file);
    }

    private static FileStream? TryOpenFile()
    {
        try
        {
            return OpenFile();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static FileStream OpenFile()
    {
        var path = Path.Combine(Path.GetTempPath(), $"kist-{Guid.NewGuid():N}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = 64 * 1024,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        // Open, it lives on without its name; whatever ends the program, nothing stays.
        File.Delete(path);
        return file;
    }
}
