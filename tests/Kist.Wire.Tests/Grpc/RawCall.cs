using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf.WellKnownTypes;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Grpc;

/// <summary>A request with whatever bytes and headers, as no client of Kist would send it.</summary>
internal sealed class RawCall(Uri server, string path) : IDisposable
{
    private readonly HttpMessageInvoker invoker = new(new SocketsHttpHandler());

    public HttpMethod Verb { get; init; } = HttpMethod.Post;

    public string ContentType { get; init; } = "application/grpc";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static byte[] Frame(string text) => GrpcFrame.Write(new StringValue { Value = text });

    public async Task<RawAnswer> SendAsync(params byte[][] body)
    {
        using var request = new HttpRequestMessage(Verb, new Uri(server, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = Verb == HttpMethod.Get ? null : new ByteArrayContent([.. body.SelectMany(b => b)]),
        };
        request.Content?.Headers.TryAddWithoutValidation("content-type", ContentType);
        foreach (var (name, value) in Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await invoker.SendAsync(request, CancellationToken.None);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new RawAnswer((int)response.StatusCode, bytes, Value(response.TrailingHeaders, "grpc-status"), Value(response.TrailingHeaders, "grpc-message"));
    }

    public void Dispose() => invoker.Dispose();

    private static string? Value(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.Single() : null;
}

/// <summary>What came back.</summary>
internal sealed record RawAnswer(int Http, byte[] Body, string? Status, string? Message)
{
    public string Text => StringValue.Parser.ParseFrom(Body.AsSpan(GrpcFrame.PrefixBytes)).Value;
}
