using Kist.Crypto;

namespace Kist.Hosting.Agent.Local;

/// <summary>A request as it goes to the server.</summary>
internal sealed record ProxyRequest
{
    /// <summary>The method.</summary>
    public required string Method { get; init; }

    /// <summary>The path after <c>/v1/</c>, decoded.</summary>
    public required string Path { get; init; }

    /// <summary>The query as it was sent, with its question mark; or empty.</summary>
    public string Query { get; init; } = "";

    /// <summary>The token; null for none.</summary>
    public SecretText? Token { get; init; }

    /// <summary>Whether <see cref="Token"/> is the agent's own, which the caller does not know.</summary>
    public bool BringsAgentToken { get; init; }

    /// <summary>The namespace, without slashes at the ends; empty for none.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The other headers that go on.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Whether the answer is to be wrapped.</summary>
    public bool Wraps { get; init; }

    /// <summary>The body, when it was read whole; null when it is passed on as it comes, or when there is none.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Names method and path; query and body may hold secrets.</summary>
    public override string ToString() => $"{Method} {Path}";
}
