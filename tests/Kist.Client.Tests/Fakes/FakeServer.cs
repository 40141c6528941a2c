using System.Net;
using System.Text;

namespace Kist.Client.Tests.Fakes;

/// <summary>
/// A FAKE in place of the network: it records requests and answers what the test told it to, in the shapes that Vault documents. Nothing here proves
/// that a real server answers so; the end-to-end tests do that.
/// </summary>
internal sealed class FakeServer : HttpMessageHandler
{
    private readonly Dictionary<string, Queue<Func<HttpResponseMessage>>> answers = [];

    /// <summary>The requests so far.</summary>
    public List<RecordedRequest> Requests { get; } = [];

    /// <summary>The last request.</summary>
    public RecordedRequest Last => Requests[^1];

    /// <summary>Answers a method and a path (with query) so; given several times, one after the other, and the last one from then on.</summary>
    public FakeServer On(string request, int status, string body = "")
    {
        Queue(request, () => new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        });
        return this;
    }

    /// <summary>Fails as if the connection could not be made.</summary>
    public FakeServer Refuse(string request)
    {
        Queue(request, () => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused"));
        return this;
    }

    /// <summary>Fails as if the connection was lost half way.</summary>
    public FakeServer Break(string request)
    {
        Queue(request, () => throw new HttpRequestException(HttpRequestError.ResponseEnded, "The response ended prematurely"));
        return this;
    }

    /// <summary>Answers with a redirection.</summary>
    public FakeServer Redirect(string request, string location, int status = 307)
    {
        Queue(request, () => new HttpResponseMessage((HttpStatusCode)status) { Headers = { Location = new Uri(location, UriKind.RelativeOrAbsolute) } });
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var headers = request.Headers.ToDictionary(h => h.Key, h => string.Join(",", h.Value), StringComparer.OrdinalIgnoreCase);
        if (request.Content?.Headers.ContentType is { } type)
            headers["Content-Type"] = type.ToString();
        var line = $"{request.Method} {request.RequestUri!.PathAndQuery["/v1/".Length..]}";
        Requests.Add(new RecordedRequest(line, request.RequestUri, headers, body));
        if (!answers.TryGetValue(line, out var queue))
            return new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("""{"errors":[]}""") };
        return (queue.Count > 1 ? queue.Dequeue() : queue.Peek())();
    }

    private void Queue(string request, Func<HttpResponseMessage> answer)
    {
        if (!answers.TryGetValue(request, out var queue))
            answers[request] = queue = new Queue<Func<HttpResponseMessage>>();
        queue.Enqueue(answer);
    }
}

/// <summary>A request that a <see cref="FakeServer"/> saw.</summary>
internal sealed record RecordedRequest(string Line, Uri Url, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>A header, or null.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
