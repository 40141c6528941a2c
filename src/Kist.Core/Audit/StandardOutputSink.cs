using Microsoft.Win32.SafeHandles;

namespace Kist.Core.Audit;

/// <summary>
/// Writes to the process's standard output, by the descriptor: the console stream of the base library takes a closed pipe for success, and a record that nobody
/// reads must not count.
/// </summary>
internal sealed class StandardOutputSink : IAuditSink
{
    private readonly SafeFileHandle handle;
    private bool unfinished;

    public StandardOutputSink()
        : this(new SafeFileHandle(1, ownsHandle: false))
    {
    }

    /// <summary>Writes to a descriptor that the caller closes.</summary>
    internal StandardOutputSink(SafeFileHandle handle) => this.handle = handle;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        if (unfinished)
            WriteAll("\n"u8);
        WriteAll(lines);
    }

    /// <inheritdoc/>
    public void Reopen()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private void WriteAll(ReadOnlySpan<byte> bytes)
    {
        var written = 0;
        try
        {
            while (written < bytes.Length)
                written += Posix.Write(handle, bytes[written..]);
            unfinished = false;
        }
        catch (IOException e)
        {
            unfinished |= written > 0;
            throw new IOException($"standard output: {e.Message}", e);
        }
    }
}
