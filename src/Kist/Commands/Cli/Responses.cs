using Kist.Client;

namespace Kist.Commands.Cli;

/// <summary>What commands make of answers.</summary>
internal static class Responses
{
    /// <summary>The answer, if it is a success or a 404 that explains itself.</summary>
    /// <exception cref="ExitException">Nothing stands at the path.</exception>
    /// <exception cref="ApiException">The request failed.</exception>
    public static ApiResponse OrNothing(this ApiResponse response, string path) =>
        response.IsNothing
            ? throw ExitException.Failed($"No value found at {path}")
            : response.EnsureFound();
}
