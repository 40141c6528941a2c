namespace Kist.Core.Audit;

/// <summary>Where a device's lines go. Only the device's writer calls it, one call at a time.</summary>
internal interface IAuditSink : IDisposable
{
    /// <summary>Writes whole lines. When it throws, none of them counts and what was written of them does not spoil the next line.</summary>
    /// <exception cref="IOException">They could not be written; the message names the target and the cause.</exception>
    void Write(ReadOnlySpan<byte> lines);

    /// <summary>Opens the target anew by its name (after a rotation). When it throws, the old one stays in use.</summary>
    /// <exception cref="IOException">It could not be opened.</exception>
    void Reopen();
}
