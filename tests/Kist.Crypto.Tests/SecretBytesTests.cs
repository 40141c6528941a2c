using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Kist.Crypto.Tests;

public partial class SecretBytesTests
{
    [Fact]
    public void It_copies_its_source()
    {
        byte[] source = [1, 2, 3];
        using var secret = new SecretBytes(source);
        source[0] = 9;
        Assert.Equal([1, 2, 3], secret.Span.ToArray());
        Assert.Equal(3, secret.Length);
    }

    [Fact]
    public void Disposal_wipes_the_memory_and_refuses_access()
    {
        var secret = new SecretBytes("hunter2"u8);
        ref var memory = ref MemoryMarshal.GetReference(secret.Span);
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => secret.Span.Length);
        Assert.Equal(new byte[7], MemoryMarshal.CreateReadOnlySpan(ref memory, 7));
        secret.Dispose();
    }

    [Fact]
    public void A_span_keeps_its_bytes_when_the_owner_is_collected()
    {
        var span = SpanOfAForgottenSecret();
        Collect();
        Assert.Equal("hunter2"u8, span);
    }

    [Fact]
    public void A_forgotten_secret_is_wiped_by_the_collector()
    {
        var address = AddressOfAForgottenSecret();
        Assert.Equal((byte)'h', Marshal.ReadByte(address));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        // The array itself lives until the next collection, because the finalizer saw it.
        Assert.Equal(0, Marshal.ReadByte(address));
    }

    [Fact]
    public void A_filler_that_throws_leaves_the_error_to_the_caller() =>
        Assert.Throws<FormatException>(() => SecretBytes.Create(4, 0, (_, _) => throw new FormatException()));

    [Fact]
    public void Random_secrets_differ()
    {
        using var first = SecretBytes.Random(32);
        using var second = SecretBytes.Random(32);
        Assert.False(first.FixedTimeEquals(second.Span));
        Assert.True(first.FixedTimeEquals(first.Span));
    }

    [Fact]
    public void It_prints_nothing_of_itself()
    {
        using var secret = new SecretBytes("hunter2"u8);
        Assert.Equal("[redacted]", $"{secret}");
    }

    [Fact]
    public void Memory_is_locked_exactly_when_it_says_so()
    {
        using var large = SecretBytes.Random(3 * Environment.SystemPageSize);
        Assert.Equal(large.IsLocked, IsLockedBySystem(large));
    }

    [Fact]
    public void A_secret_stays_locked_when_its_neighbours_on_the_page_go()
    {
        var secrets = Enumerable.Range(0, 1_000).Select(_ => SecretBytes.Random(32)).ToArray();
        Assert.True(secrets[0].IsLocked, "this machine refuses to lock memory (ulimit -l)");
        foreach (var secret in secrets[1..])
            secret.Dispose();
        Assert.True(IsLockedBySystem(secrets[0]));
        secrets[0].Dispose();
    }

    // The flag "lo" of the mapping that holds the secret.
    private static bool IsLockedBySystem(SecretBytes secret)
    {
        var address = AddressOf(secret);
        var inside = false;
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            if (Mapping().Match(line) is { Success: true } mapping)
                inside = address >= Parse(mapping.Groups["from"]) && address < Parse(mapping.Groups["to"]);
            else if (inside && line.StartsWith("VmFlags:", StringComparison.Ordinal))
                return line.Split(' ').Contains("lo");
        }
        throw new InvalidOperationException("the address is in no mapping");

        static nint Parse(Group hex) => nint.Parse(hex.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static nint AddressOf(SecretBytes secret) => Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref MemoryMarshal.GetReference(secret.Span));

    [GeneratedRegex("^(?<from>[0-9a-f]+)-(?<to>[0-9a-f]+) ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Mapping();

    private static void Collect()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> SpanOfAForgottenSecret() => new SecretBytes("hunter2"u8).Span;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static nint AddressOfAForgottenSecret() => AddressOf(new SecretBytes("hunter2"u8));
}
