namespace Kist.Wire.Tests.Sockets;

/// <summary>A server that says what it was going to say, a few bytes at a time, whatever it is asked; then it closes.</summary>
internal sealed class ScriptedStream(byte[] answers, int step = int.MaxValue) : Stream
{
    private readonly MemoryStream asked = new();
    private int position;

    /// <summary>What was sent to it.</summary>
    public byte[] Asked => asked.ToArray();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // At once: the thread that asks may be all there is.
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = Math.Min(Math.Min(buffer.Length, step), answers.Length - position);
        answers.AsMemory(position, read).CopyTo(buffer);
        position += read;
        return ValueTask.FromResult(read);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        asked.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
