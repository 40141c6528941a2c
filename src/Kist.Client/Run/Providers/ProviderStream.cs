using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Kist.Crypto;

namespace Kist.Client.Run.Providers;

/// <summary>A provider's fast way: ids, one a line, on its input, which stays open; for each, in order, one line of base64 on its output.</summary>
internal static class ProviderStream
{
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromSeconds(5);

    /// <summary>The values; null when the provider cannot do this, complains, is too slow or ends too early.</summary>
    public static async Task<IReadOnlyList<SecretBytes>?> TryFetchAsync(
        string path, IReadOnlyList<string> ids, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        // An id of two lines would be two ids.
        if (ids.Any(static id => id.AsSpan().ContainsAny('\n', '\r')))
            return null;
        using var timer = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        var process = ProviderProcess.Start(path);
        var values = new List<SecretBytes>();
        try
        {
            var complaint = ComplainsAsync(process, either);
            _ = AskAsync(process, ids, either.Token);
            await ReadAsync(process.Output, values, ids.Count, either.Token);
            if (values.Count == ids.Count && !complaint.IsCompleted)
            {
                _ = process.LeaveAsync(PatienceAtEnd);
                return values;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Too slow, or it complained.
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            // It ended, or does not speak base64.
        }
        process.Dispose();
        foreach (var value in values)
            value.Dispose();
        return null;
    }

    // Whatever it says on standard error means that it does not understand.
    private static async Task ComplainsAsync(ProviderProcess process, CancellationTokenSource stop)
    {
        try
        {
            if (await process.Errors.ReadLineAsync(stop.Token) is not null)
                await stop.CancelAsync();
            else
                await Task.Delay(Timeout.InfiniteTimeSpan, stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody waits for it any more.
        }
    }

    private static async Task AskAsync(ProviderProcess process, IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        try
        {
            await process.Input.WriteAsync(Encoding.UTF8.GetBytes(string.Join('\n', ids) + "\n"), cancellation);
            await process.Input.FlushAsync(cancellation);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // A provider that does not read answers nothing either.
        }
    }

    private static async Task ReadAsync(Stream output, List<SecretBytes> values, int count, CancellationToken cancellation)
    {
        const int Piece = 4096;
        using var buffer = new SecretBuffer();
        var begin = 0;
        while (values.Count < count)
        {
            var scanned = buffer.Written.Length;
            var read = await output.ReadAsync(buffer.GetMemory(Piece), cancellation);
            if (read == 0)
                return;
            buffer.Advance(read);
            while (values.Count < count && buffer.Written[Math.Max(begin, scanned)..].IndexOf((byte)'\n') is var found and >= 0)
            {
                var end = Math.Max(begin, scanned) + found;
                values.Add(Decode(buffer.Written[begin..end]));
                begin = scanned = end + 1;
            }
        }
    }

    /// <exception cref="FormatException">The line is not base64.</exception>
    private static SecretBytes Decode(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        using var decoded = new SecretBuffer();
        var place = decoded.GetSpan(Base64.GetMaxDecodedFromUtf8Length(line.Length) + 1);
        var status = Base64.DecodeFromUtf8(line, place, out var consumed, out var written);
        if (status != OperationStatus.Done || consumed != line.Length)
            throw new FormatException();
        decoded.Advance(written);
        return new SecretBytes(decoded.Written);
    }
}
