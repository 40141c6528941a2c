using System.Text;

namespace Kist.Client.Run.Providers;

/// <summary>
/// Kist's side of a provider's stream: an id a line in, a line of base64 out, until the input ends or an id has no value. Base64 is written by hand
/// into memory that is wiped.
/// </summary>
public static class ProviderServer
{
    /// <summary>Serves; answers the first failure's message, or null.</summary>
    public static async Task<string?> ServeAsync(Stream input, Stream output, ISecretSource source, CancellationToken cancellation)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        using var lines = new StreamReader(input, utf8, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        var pending = new Queue<Task<IReadOnlyList<SecretAnswer>>>();
        var line = ReadAsync();
        while (true)
        {
            // Answers go out in the order of the questions, while further questions are taken in.
            var first = pending.TryPeek(out var oldest) ? await Task.WhenAny(line, oldest) : line;
            if (first == line && await line is { } id)
            {
                pending.Enqueue(source.FetchAsync([id], cancellation));
                line = ReadAsync();
                continue;
            }
            if (pending.Count == 0)
                return null;
            var answer = (await pending.Dequeue())[0];
            if (answer.Value is null)
                return answer.Error;
            using (answer.Value)
                await WriteAsync(output, answer.Value.Span.ToArray(), cancellation);
        }

        async Task<string?> ReadAsync() => await lines.ReadLineAsync(cancellation);
    }

    private static async Task WriteAsync(Stream output, byte[] value, CancellationToken cancellation)
    {
        var encoded = new byte[System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(value.Length) + 1];
        System.Buffers.Text.Base64.EncodeToUtf8(value, encoded, out _, out var written);
        encoded[written] = (byte)'\n';
        await output.WriteAsync(encoded.AsMemory(0, written + 1), cancellation);
        await output.FlushAsync(cancellation);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(value);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(encoded);
    }
}
