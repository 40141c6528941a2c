using System.Security.Cryptography;

namespace Kist.Wire.Kubernetes.Transport;

/// <summary>The lines of an answer that goes on and on.</summary>
internal sealed class KubeLines : IAsyncDisposable
{
    private readonly HttpResponseMessage response;
    private readonly Stream stream;
    private readonly int most;
    private byte[] buffer = new byte[16 * 1024];
    private int start;
    private int filled;
    private int searched;

    private KubeLines(HttpResponseMessage response, Stream stream, int most)
    {
        this.response = response;
        this.stream = stream;
        this.most = most;
    }

    public static async Task<KubeLines> OpenAsync(HttpResponseMessage response, int most, CancellationToken cancellationToken) =>
        new(response, await response.Content.ReadAsStreamAsync(cancellationToken), most);

    /// <summary>The next line, which is the caller's; null at the end. Half a line at the end is none: the connection broke in it.</summary>
    public async Task<Memory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = buffer.AsSpan(searched, filled - searched).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = buffer.AsSpan(start..(searched + end)).ToArray();
                start = searched = searched + end + 1;
                if (line.Length > 0)
                    return line;
                continue;
            }
            searched = filled;
            MakeRoom();
            var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            if (read == 0)
                return null;
            filled += read;
        }
    }

    public async ValueTask DisposeAsync()
    {
        CryptographicOperations.ZeroMemory(buffer);
        await stream.DisposeAsync();
        response.Dispose();
    }

    private void MakeRoom()
    {
        if (start > 0)
        {
            buffer.AsSpan(start..filled).CopyTo(buffer);
            (filled, searched, start) = (filled - start, searched - start, 0);
        }
        if (filled < buffer.Length)
            return;
        if (buffer.Length >= most)
            throw KubeBody.TooLarge(most);
        buffer = KubeBody.Grow(buffer);
    }
}
