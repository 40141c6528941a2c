using System.Net;
using System.Runtime.InteropServices;
using Kist.Core.Pipeline;

namespace Kist.Core.Policies;

/// <summary>What a policy decision depends on.</summary>
/// <param name="Path">Full path in the namespace, normalised.</param>
/// <param name="Operation">The operation, with create and update already told apart.</param>
/// <param name="ClientAddress">The socket's address, or null when unknown.</param>
/// <param name="Now">The current time.</param>
/// <param name="WrapTtl">The wrapping that the client asks for, or null.</param>
/// <param name="Body">UTF-8 JSON object, or empty. Parsed only when the deciding rule constrains parameters.</param>
/// <param name="Query">Query parameters; they count as parameters like the body's fields.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AclQuery(
    string Path,
    Operation Operation,
    IPAddress? ClientAddress,
    DateTimeOffset Now,
    TimeSpan? WrapTtl,
    ReadOnlyMemory<byte> Body,
    IReadOnlyList<KeyValuePair<string, string>> Query)
{
    /// <summary>The query of a request.</summary>
    public static AclQuery For(Request request, DateTimeOffset now) =>
        new(request.Path, request.Operation, request.ClientAddress, now, request.WrapTtl, request.Body, request.Query);
}

/// <summary>Why a decision came out as it did. For logs only: a caller learns nothing but that it was denied.</summary>
public enum AclReason
{
    /// <summary>Allowed.</summary>
    Granted,

    /// <summary>No rule matches the path.</summary>
    NoRule,

    /// <summary>The deciding rule denies.</summary>
    DenyRule,

    /// <summary>The deciding rule lacks the operation's capability.</summary>
    MissingCapability,

    /// <summary>The deciding rule lacks it because conditions do not hold.</summary>
    ConditionsNotMet,

    /// <summary>The answer would not be wrapped as the rule demands.</summary>
    Wrapping,

    /// <summary>A parameter is missing, denied or not allowed.</summary>
    Parameters,
}

/// <summary>A decision.</summary>
/// <param name="Reason">Why.</param>
/// <param name="HasSudo">The deciding rule grants <c>sudo</c>.</param>
/// <param name="GrantingPolicies">For the audit: the policies that allowed it, in alphabetical order; empty when it was not allowed.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AclDecision(AclReason Reason, bool HasSudo, IReadOnlyList<string> GrantingPolicies)
{
    /// <summary>True when the operation may go on; a root-protected route also needs <see cref="HasSudo"/>.</summary>
    public bool Allowed => Reason == AclReason.Granted;
}
