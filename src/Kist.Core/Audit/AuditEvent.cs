using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Core.Audit;

/// <summary>
/// What the audit tells of one request. The pipeline makes it when the request comes in and adds what it learns on the way, so a request that is refused early
/// is recorded without mount, route or token. One thread at a time.
/// </summary>
public sealed class AuditEvent
{
    /// <summary>The request.</summary>
    public required Request Request { get; init; }

    /// <summary>When it came in: the time of its request record.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Path of the request's namespace, ending in <c>/</c>; empty for the root.</summary>
    public string NamespacePath { get; set; } = "";

    /// <summary>The mount the path leads to, once known.</summary>
    public Mount? Mount { get; set; }

    /// <summary>The matched route, once known; without it every value is hidden.</summary>
    public Route? Route { get; set; }

    /// <summary>The token that was found valid, or null.</summary>
    public Authenticated? Token { get; set; }

    /// <summary>Whether the policies allow the request; null before they were asked.</summary>
    public bool? Allowed { get; set; }

    /// <summary>Names of the policies that grant it.</summary>
    public IReadOnlyList<string> GrantingPolicies { get; set; } = [];

    /// <summary>The body was refused as no JSON object; it is then left out. A body that cannot be read is found out here as well.</summary>
    public bool BodyMalformed { get; set; }

    /// <summary>Why the request was refused before it reached its handler, or null. Part of both records.</summary>
    public Failure? Refusal { get; set; }

    /// <summary>The answer, for the response record.</summary>
    public Response? Response { get; set; }
}
