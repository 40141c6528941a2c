using System.Net;
using System.Text;

namespace Kist.Client;

/// <summary>The server refused a request or failed to do it. The message has the form that Vault's client prints and scripts look for.</summary>
public sealed class ApiException(HttpMethod method, string url, HttpStatusCode status, IReadOnlyList<string> errors)
    : Exception(Describe(method, url, status, errors))
{
    /// <summary>The status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>What went wrong, by the server's words.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;

    /// <summary>Hints that came with the failure.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    private static string Describe(HttpMethod method, string url, HttpStatusCode status, IReadOnlyList<string> errors)
    {
        var text = new StringBuilder($"Error making API request.\n\nURL: {method} {url}\nCode: {(int)status}. ");
        text.Append(errors.Count == 0 ? "The server gave no reason." : "Errors:\n");
        foreach (var error in errors)
            text.Append("\n* ").Append(error);
        return text.ToString();
    }
}

/// <summary>No answer came: the server is not reachable, not trusted, too slow or elsewhere. The message says which and what to do.</summary>
public sealed class ConnectionException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when no connection was made, so that the server cannot have done anything.</summary>
    public bool NothingSent { get; init; }
}
