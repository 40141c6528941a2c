namespace Kist.Core.Audit;

/// <summary>Accepts everything and keeps nothing: for trials of what auditing costs.</summary>
internal sealed class DiscardSink : IAuditSink
{
    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
    }

    /// <inheritdoc/>
    public void Reopen()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
