using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// An HMAC-SHA256 key that all threads may use at once. Each call leases a keyed state, which costs less than half of setting one up a call and is not
/// thread-safe by itself.
/// </summary>
public sealed class MacKey : IDisposable
{
    /// <summary>Length of a code.</summary>
    public const int MacBytes = 32;

    private readonly SecretBytes key;
    private readonly LeasePool<IncrementalHash> states;

    /// <summary>Copies <paramref name="key"/>, which may have any length but should have 32 bytes.</summary>
    public MacKey(ReadOnlySpan<byte> key)
    {
        this.key = new SecretBytes(key);
        states = new LeasePool<IncrementalHash>(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, this.key.Span));
    }

    /// <summary>Writes the code of <paramref name="data"/> to the first <see cref="MacBytes"/> bytes of <paramref name="mac"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="mac"/> is too short.</exception>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Compute(ReadOnlySpan<byte> data, Span<byte> mac)
    {
        if (mac.Length < MacBytes)
            throw new ArgumentException($"a code has {MacBytes} bytes", nameof(mac));
        var state = states.Rent();
        try
        {
            state.AppendData(data);
            state.GetHashAndReset(mac);
        }
        catch
        {
            // A state that stopped half way would spoil the next code.
            state.Dispose();
            throw;
        }
        states.Return(state);
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        states.Dispose();
        key.Dispose();
    }
}
