using Kist.Crypto;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>An answer that is kept: one with a lease that can be renewed, or a token.</summary>
internal sealed record CachedAnswer
{
    /// <summary>The request's <see cref="CacheKey"/>.</summary>
    public required string Key { get; init; }

    /// <summary>The request, for its path, namespace and token.</summary>
    public required ProxyRequest Request { get; init; }

    /// <summary>The hash of the request's token; empty for none.</summary>
    public required string TokenHash { get; init; }

    /// <summary>The lease; empty when the answer is a token.</summary>
    public string LeaseId { get; init; } = "";

    /// <summary>The token that the answer is; null when it has a lease.</summary>
    public SecretText? Token { get; init; }

    /// <summary>The hash of <see cref="Token"/>; empty for none.</summary>
    public string GivenHash { get; init; } = "";

    /// <summary>The accessor of <see cref="Token"/>; empty for none.</summary>
    public string Accessor { get; init; } = "";

    /// <summary>The body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>When it came, by <see cref="Uptime"/>, as all times here.</summary>
    public required TimeSpan Since { get; init; }

    /// <summary>How long the lease was granted for last.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>When it ends.</summary>
    public required TimeSpan Ends { get; init; }

    /// <summary>When it is renewed next; null when it cannot be any more.</summary>
    public TimeSpan? Renews { get; init; }

    /// <summary>A tenth of its time before its end it is given to nobody any more.</summary>
    public TimeSpan Stale => Ends - (Duration / 10);

    /// <summary>What it takes in memory, roughly.</summary>
    public long Bytes => Body.Length + (Request.Body?.Length ?? 0) + (2L * (Request.Path.Length + Request.Query.Length))
        + (2L * Request.Headers.Sum(static h => h.Key.Length + h.Value.Length)) + 2048;
}
