using Kist.Client.Agent.Proxy;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>What a listener passes on, by path and method, where its configuration names some: all else is refused.</summary>
internal static class Narrowing
{
    /// <summary>Why a request is not passed on; null when it is.</summary>
    /// <param name="config">The listener.</param>
    /// <param name="method">The request's method.</param>
    /// <param name="path">Its path, decoded, after <c>/v1/</c>.</param>
    /// <param name="query">Its query: with <c>list</c> a GET is a list, with <c>scan</c> a scan.</param>
    /// <param name="isOwnNamespace">False when it asks for another namespace than the agent's, in which the same path is another secret.</param>
    public static LocalRefusal? Check(AgentListenerConfig config, string method, string path, IQueryCollection query, bool isOwnNamespace)
    {
        var operation = Operation(method, query);
        if (config.AllowedMethods.Count > 0 && !config.AllowedMethods.Any(m => Operation(m) == operation))
            return Denied("method", $"{operation} is not among this listener's allowed_methods");
        if (config.AllowedPaths.Count == 0)
            return null;
        if (!isOwnNamespace)
            return Denied("namespace", "a listener with allowed_paths passes on requests for the agent's own namespace alone");
        return config.AllowedPaths.Any(pattern => Matches(pattern, path)) ? null : Denied("path", "the path is not among this listener's allowed_paths");
    }

    /// <summary>Whether a pattern covers a path: <c>+</c> is one segment, <c>*</c> at the end is any rest.</summary>
    internal static bool Matches(string pattern, string path)
    {
        pattern = pattern.TrimStart('/');
        if (pattern.StartsWith("v1/", StringComparison.Ordinal))
            pattern = pattern[3..];
        var isPrefix = pattern.EndsWith('*');
        var wanted = (isPrefix ? pattern[..^1] : pattern).Split('/');
        var given = path.Split('/');
        if (isPrefix ? given.Length < wanted.Length : given.Length != wanted.Length)
            return false;
        for (var i = 0; i < wanted.Length; i++)
        {
            var isOpen = isPrefix && i == wanted.Length - 1;
            var matches = wanted[i] switch
            {
                "+" => given[i].Length > 0,
                var start when isOpen => given[i].StartsWith(start, StringComparison.Ordinal),
                var whole => given[i] == whole,
            };
            if (!matches)
                return false;
        }
        return true;
    }

    // Whatever the value of "list": a server may take for true what we would take for false.
    private static string Operation(string method, IQueryCollection query) => Operation(method) switch
    {
        "GET" when query.ContainsKey("scan") => "SCAN",
        "GET" when query.ContainsKey("list") => "LIST",
        var operation => operation,
    };

    private static string Operation(string method) => method switch
    {
        "HEAD" => "GET",
        "PUT" => "POST",
        _ => method,
    };

    private static LocalRefusal Denied(string code, string message) => new(StatusCodes.Status403Forbidden, code, message);
}
