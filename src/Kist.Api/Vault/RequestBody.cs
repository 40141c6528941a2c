using System.Buffers;
using System.IO.Pipelines;
using Kist.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Kist.Api.Vault;

/// <summary>Reads the body of a request whole, bounded in size and time.</summary>
public static class RequestBody
{
    /// <summary>Largest body, in bytes: 32 MiB.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    // A client that sends no faster than the host's least data rate would otherwise hold its connection, and what it has sent, for hours.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    internal static async ValueTask<Outcome<ReadOnlyMemory<byte>>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (IsAbsent(request))
            return new Outcome<ReadOnlyMemory<byte>>(ReadOnlyMemory<byte>.Empty);
        if (request.ContentLength > MaxBytes)
            return TooLarge;
        try
        {
            // Most bodies come with their headers and need no timer.
            if (request.BodyReader.TryRead(out var first) && Take(request, first) is { } whole)
                return whole;
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Patience);
            while (true)
            {
                if (Take(request, await request.BodyReader.ReadAsync(timeout.Token)) is { } done)
                    return done;
            }
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? TooLarge
                : Failure.Invalid("request.invalid_body", "the request body ends early or is not encoded as its headers say");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failure.Invalid("request.body_timeout", $"the request body did not arrive within {Patience.TotalSeconds:0} s");
        }
    }

    private static Failure TooLarge { get; } =
        new(FailureKind.TooLarge, "request.too_large", $"the request body is larger than {MaxBytes / 1024 / 1024} MiB");

    private static bool IsAbsent(HttpRequest request) => request.ContentLength is 0
        || (request.ContentLength is null && !request.Headers.ContainsKey(HeaderNames.TransferEncoding) && HttpProtocol.IsHttp11(request.Protocol));

    // Null until the body is whole.
    private static Outcome<ReadOnlyMemory<byte>>? Take(HttpRequest request, ReadResult read)
    {
        if (read.Buffer.Length > MaxBytes)
            return TooLarge;
        if (!read.IsCompleted)
        {
            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return null;
        }
        var body = read.Buffer.ToArray();
        request.BodyReader.AdvanceTo(read.Buffer.End);
        return new Outcome<ReadOnlyMemory<byte>>(body);
    }
}
