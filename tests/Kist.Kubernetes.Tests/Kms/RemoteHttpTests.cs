using System.Net;
using System.Text;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Tests.Kms;

/// <summary>What passes between plugin and remote key holds local keys in clear, at each poll.</summary>
public class RemoteHttpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("what nobody may find later");

    [Fact]
    public async Task Body_and_answer_are_wiped_once_they_are_disposed()
    {
        using var http = new RemoteHttp(static () => new Echo());
        var body = RemoteBody.Json(static json => json.WriteBase64String("plaintext", Secret));
        var sent = body.WrittenMemory;
        var answer = await http.SendAsync(new RemoteRequest(HttpMethod.Post, new Uri("http://remote.test/")) { Body = body }, default);
        using var key = answer.Secret("plaintext")!;
        Assert.True(key.FixedTimeEquals(Secret));
        Assert.True(sent.Span.IndexOf("plaintext"u8) > 0);
        body.Dispose();
        answer.Dispose();
        Assert.False(sent.Span.ContainsAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(() => answer.Text("plaintext"));
        Assert.DoesNotContain("plaintext", answer.ToString());
    }

    [Fact]
    public async Task An_answer_without_end_is_given_up()
    {
        using var http = new RemoteHttp(static () => new Endless());
        await Assert.ThrowsAsync<IOException>(async () => await http.SendAsync(new RemoteRequest(HttpMethod.Get, new Uri("http://remote.test/")), default));
    }

    private sealed class Echo : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            new(HttpStatusCode.OK) { Content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync(cancellationToken)) };
    }

    private sealed class Endless : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(new byte[2 * 1024 * 1024]) });
    }
}
