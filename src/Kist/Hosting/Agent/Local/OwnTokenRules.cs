using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>What nobody may do with the agent's token, though its policies allow it: end it for all others, or have it given out under another cover.</summary>
internal static class OwnTokenRules
{
    /// <summary>Why a request is not passed on; null when it is.</summary>
    public static LocalRefusal? Check(ProxyRequest request)
    {
        if (!request.BringsAgentToken)
            return null;
        var path = WithoutNamespace(request.Path.TrimEnd('/'));
        if (path == "auth/token/revoke-self")
            return Denied("revoke_self", "this would revoke the agent's own token, which other programs use; the agent revokes it when it ends");
        // With a short increment this would end it for all others as well.
        if (path == "auth/token/renew-self")
            return Denied("renew_self", "the agent renews its own token by itself");
        // The wrapped answer names the token, and is unwrapped where the agent does not see it.
        return request.Wraps && path.StartsWith("auth/token/", StringComparison.Ordinal) && !path.StartsWith("auth/token/create", StringComparison.Ordinal)
            ? Denied("wrap_token", "answers about the agent's own token are not wrapped")
            : null;
    }

    // Servers with tenants take the namespace in the path, too.
    private static string WithoutNamespace(string path) =>
        path.LastIndexOf("/auth/token/", StringComparison.Ordinal) is >= 0 and var at ? path[(at + 1)..] : path;

    private static LocalRefusal Denied(string code, string message) => new(StatusCodes.Status403Forbidden, code, message);
}
