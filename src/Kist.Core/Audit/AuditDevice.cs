namespace Kist.Core.Audit;

/// <summary>One enabled device: how records look there, and the writer that takes them.</summary>
internal sealed class AuditDevice : IAsyncDisposable
{
    private readonly AuditFormat format;
    private readonly TimeProvider time;

    /// <summary>Takes ownership of salt and writer.</summary>
    public AuditDevice(string path, string target, AuditFormat format, AuditWriter writer, TimeProvider time)
    {
        Path = path;
        Target = target;
        this.format = format;
        Writer = writer;
        this.time = time;
    }

    /// <summary>The name it is enabled under, ending in <c>/</c>.</summary>
    public string Path { get; }

    /// <summary>The file, or what stands for another target.</summary>
    public string Target { get; }

    /// <summary>Takes its lines.</summary>
    public AuditWriter Writer { get; }

    /// <summary>Renders and adds the asked records; the task ends when they are written or the device has failed.</summary>
    public Task<Outcome<Nothing>> Record(AuditEvent audited, AuditRecords records, IReadOnlyList<AuditedHeader> headers)
    {
        var buffer = RecordBuffer.Rent();
        try
        {
            format.Write(audited, records, headers, time.GetUtcNow(), buffer);
            return Writer.Append(buffer);
        }
        catch (ObjectDisposedException)
        {
            // The salt is gone: the device was disabled, or the barrier sealed, while this request was on its way.
            return AuditWriter.Closed;
        }
        finally
        {
            RecordBuffer.Return(buffer);
        }
    }

    /// <summary>Writes a record that proves that the device works.</summary>
    /// <returns>The failure names the cause: it is for operators.</returns>
    public async Task<Outcome<Nothing>> TestAsync()
    {
        var buffer = RecordBuffer.Rent();
        AuditFormat.WriteTest(Guid.NewGuid().ToString(), time.GetUtcNow(), buffer);
        var writing = Writer.Append(buffer);
        RecordBuffer.Return(buffer);
        var written = await writing;
        return written.Succeeded ? written : Failure.Invalid("audit.device_fails", Writer.LastFailure ?? written.Failure.Message);
    }

    /// <summary>What the device makes of a value.</summary>
    public string Hash(ReadOnlySpan<byte> value) => format.Salt.Hash(value);

    /// <summary>Wipes the salt at once, then writes what was added.</summary>
    public async ValueTask DisposeAsync()
    {
        format.Salt.Dispose();
        await Writer.DisposeAsync();
    }
}
