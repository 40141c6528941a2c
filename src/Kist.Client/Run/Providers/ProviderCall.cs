using System.Buffers;
using System.Globalization;
using System.Text;
using Kist.Crypto;

namespace Kist.Client.Run.Providers;

/// <summary>A provider's simple way: the id is its argument, the value its output without the white space around it.</summary>
internal static class ProviderCall
{
    public static async Task<SecretAnswer> FetchAsync(
        string path, string id, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        using var timer = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellation);
        try
        {
            return await FetchAsync(path, id, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return SecretAnswer.Failed(string.Create(
                CultureInfo.InvariantCulture, $"no answer within {patience.TotalSeconds} seconds (CONJUR_HTTP_TIMEOUT)"));
        }
    }

    private static async Task<SecretAnswer> FetchAsync(string path, string id, CancellationToken cancellation)
    {
        using var process = ProviderProcess.Start(path, id);
        using var output = new SecretBuffer();
        process.EndInput();
        var errors = process.Errors.ReadToEndAsync(cancellation);
        await ReadAsync(process.Output, output, cancellation);
        var complaint = (await errors).Trim();
        var exitCode = await process.EndAsync(cancellation);
        if (exitCode == 0)
            return SecretAnswer.Of(new SecretBytes(Trim(output.Written)));
        var end = exitCode > 128 ? $"signal: {Child.SignalNames.Of(exitCode - 128)}" : $"exit status {exitCode}";
        return SecretAnswer.Failed($"{end}: {complaint}");
    }

    /// <summary>All of a stream, in memory that is wiped.</summary>
    internal static async Task ReadAsync(Stream stream, SecretBuffer buffer, CancellationToken cancellation)
    {
        const int Piece = 4096;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.GetMemory(Piece), cancellation);
            if (read == 0)
                return;
            buffer.Advance(read);
        }
    }

    /// <summary>Without Unicode's white space at both ends; bytes that are no text stay.</summary>
    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> bytes)
    {
        while (Rune.DecodeFromUtf8(bytes, out var first, out var length) == OperationStatus.Done && Rune.IsWhiteSpace(first))
            bytes = bytes[length..];
        while (Rune.DecodeLastFromUtf8(bytes, out var last, out var length) == OperationStatus.Done && Rune.IsWhiteSpace(last))
            bytes = bytes[..^length];
        return bytes;
    }
}
