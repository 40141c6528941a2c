namespace Kist.Wire.Kubernetes.Transport;

/// <summary>A request, which can be sent several times.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">Path and query.</param>
internal sealed record KubeRequest(HttpMethod Method, string Path)
{
    public string Accept { get; init; } = KubeClient.JsonType;

    public ReadOnlyMemory<byte> Body { get; init; }

    public string? ContentType { get; init; }

    /// <summary>True when a second time does no harm; always so for reads and deletions.</summary>
    public bool MayRepeat { get; init; } = Method == HttpMethod.Get || Method == HttpMethod.Delete;

    /// <summary>What messages call it: no query, which may hold a page's token.</summary>
    public string Name => $"{Method} {Path.Split('?')[0]}";

    public HttpRequestMessage ToMessage(Uri server, string userAgent)
    {
        // A server may be reached under a path of its own.
        var message = new HttpRequestMessage(Method, new Uri(server.AbsoluteUri.TrimEnd('/') + Path));
        message.Headers.TryAddWithoutValidation("Accept", Accept);
        message.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        if (ContentType is not null)
        {
            message.Content = new ReadOnlyMemoryContent(Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        }
        return message;
    }
}
