using System.Buffers;
using System.Runtime.InteropServices;

namespace Kist.Crypto.Tests;

public class SecretBufferTests
{
    [Fact]
    public void It_grows_and_keeps_what_was_written()
    {
        using var buffer = new SecretBuffer();
        for (var i = 0; i < 1_000; i++)
            buffer.Write("0123456789"u8);
        Assert.Equal(10_000, buffer.Written.Length);
        Assert.True(buffer.Written.StartsWith("0123456789"u8) && buffer.Written.EndsWith("0123456789"u8));
        Assert.Equal("[redacted]", buffer.ToString());
    }

    [Fact]
    public void What_it_outgrew_and_what_it_holds_at_disposal_is_wiped()
    {
        var buffer = new SecretBuffer();
        buffer.Write("secret"u8);
        ref var first = ref MemoryMarshal.GetReference(buffer.Written);
        buffer.Write(new byte[5_000]);
        Assert.Equal(new byte[6], MemoryMarshal.CreateReadOnlySpan(ref first, 6));
        ref var second = ref MemoryMarshal.GetReference(buffer.Written);
        Assert.Equal("secret"u8, MemoryMarshal.CreateReadOnlySpan(ref second, 6));
        buffer.Dispose();
        Assert.Equal(new byte[6], MemoryMarshal.CreateReadOnlySpan(ref second, 6));
        Assert.True(buffer.Written.IsEmpty);
    }

    [Fact]
    public void Cleared_it_is_wiped_and_writes_into_the_same_memory()
    {
        using var buffer = new SecretBuffer();
        buffer.Write("secret"u8);
        ref var first = ref MemoryMarshal.GetReference(buffer.Written);
        buffer.Clear();
        Assert.Equal(new byte[6], MemoryMarshal.CreateReadOnlySpan(ref first, 6));
        Assert.True(buffer.Written.IsEmpty);
        buffer.Write("next"u8);
        Assert.Equal("next"u8, MemoryMarshal.CreateReadOnlySpan(ref first, 4));
    }

    [Fact]
    public void Advancing_beyond_the_buffer_is_refused()
    {
        using var buffer = new SecretBuffer();
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(buffer.GetMemory().Length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Advance(-1));
    }
}
