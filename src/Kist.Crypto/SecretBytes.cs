using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// Key bytes: pinned, so that the collector leaves no copies behind, locked into memory where the system allows, wiped on disposal or, when that was
/// forgotten, once nothing refers to them any more. Not to be disposed while another thread reads <see cref="Span"/>.
/// </summary>
public sealed class SecretBytes : IDisposable
{
    // The wiper lives as long as the array, not as long as this object: a span taken from an object that is collected meanwhile keeps its bytes.
    private static readonly ConditionalWeakTable<byte[], Wiper> Wipers = [];

    private readonly byte[] bytes;
    private readonly Wiper wiper;

    /// <summary>Copies <paramref name="source"/>.</summary>
    public SecretBytes(ReadOnlySpan<byte> source)
        : this(source.Length) => source.CopyTo(bytes);

    private SecretBytes(int length)
    {
        bytes = GC.AllocateArray<byte>(length, pinned: true);
        wiper = new Wiper(bytes);
        Wipers.Add(bytes, wiper);
    }

    /// <summary>Number of bytes.</summary>
    public int Length => bytes.Length;

    /// <summary>False when the system refused to lock the memory (see <c>ulimit -l</c>), so that it may be written to swap.</summary>
    public bool IsLocked => wiper.IsLocked;

    /// <summary>The bytes.</summary>
    /// <exception cref="ObjectDisposedException">They were wiped.</exception>
    public ReadOnlySpan<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(wiper.IsWiped, this);
            return bytes;
        }
    }

    /// <summary>Random bytes of the system's generator.</summary>
    public static SecretBytes Random(int length) => Create(length, 0, static (span, _) => RandomNumberGenerator.Fill(span));

    /// <summary>Zeroed bytes that <paramref name="fill"/> writes in place, so that no copy exists elsewhere.</summary>
    public static SecretBytes Create<TState>(int length, TState state, SpanAction<byte, TState> fill)
        where TState : allows ref struct
    {
        var secret = new SecretBytes(length);
        try
        {
            fill(secret.bytes, state);
            return secret;
        }
        catch
        {
            secret.Dispose();
            throw;
        }
    }

    /// <summary>Compares in time that depends on the lengths alone.</summary>
    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Span, other);

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => wiper.Dispose();

    private sealed class Wiper : IDisposable
    {
        private readonly byte[] bytes;
        private int wiped;

        public Wiper(byte[] bytes)
        {
            this.bytes = bytes;
            IsLocked = PageLocks.TryLock(bytes);
        }

        [SuppressMessage("Design", "MA0055:Do not use finalizer", Justification = "A key that was never disposed is wiped all the same.")]
        ~Wiper() => Wipe();

        public bool IsLocked { get; }

        public bool IsWiped => Volatile.Read(ref wiped) != 0;

        public void Dispose()
        {
            Wipe();
            GC.SuppressFinalize(this);
        }

        private void Wipe()
        {
            if (Interlocked.Exchange(ref wiped, 1) != 0)
                return;
            CryptographicOperations.ZeroMemory(bytes);
            if (IsLocked)
                PageLocks.Release(bytes);
        }
    }
}
