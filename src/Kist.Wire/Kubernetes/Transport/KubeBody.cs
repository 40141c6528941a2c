using System.Security.Cryptography;

namespace Kist.Wire.Kubernetes.Transport;

/// <summary>Reads answers whole, into memory that can be wiped: no copy stays behind when the buffer grows.</summary>
internal static class KubeBody
{
    private const int FirstSize = 16 * 1024;

    public static async Task<Memory<byte>> ReadAsync(HttpContent content, int most, CancellationToken cancellationToken)
    {
        // One byte more than announced shows the end without growing.
        var buffer = new byte[content.Headers.ContentLength is { } length && length < most ? (int)length + 1 : FirstSize];
        var filled = 0;
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            if (read == 0)
                return buffer.AsMemory(0, filled);
            filled += read;
            if (filled > most)
                throw TooLarge(most);
            if (filled == buffer.Length)
                buffer = Grow(buffer);
        }
    }

    public static byte[] Grow(byte[] buffer)
    {
        var larger = new byte[(int)Math.Min(buffer.Length * 2L, Array.MaxLength)];
        buffer.CopyTo(larger.AsSpan());
        CryptographicOperations.ZeroMemory(buffer);
        return larger;
    }

    public static KubeException TooLarge(int most) =>
        new(KubeError.Malformed, $"the API server's answer is larger than {most:N0} bytes; ask for smaller pages");
}
