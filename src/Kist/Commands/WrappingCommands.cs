using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;

namespace Kist.Commands;

/// <summary><c>unwrap</c>.</summary>
internal static class WrappingCommands
{
    public static Command Unwrap => new("unwrap", "Shows an answer that was wrapped.", UnwrapAsync)
    {
        Arguments = "[TOKEN]",
        Description = "A wrapping token works once: if it does not, somebody else may have used it, and the secret inside should count as leaked. "
            + "Without an argument the token in use is taken for the wrapping token; - reads it from standard input.",
        Shows = Shows.Fields,
        Example = new("Unwrap what was handed over in a file", "unwrap - < wrapped.txt"),
    };

    private static async Task<int> UnwrapAsync(Invocation call, CancellationToken cancellation)
    {
        var request = ApiRequest.Write("sys/wrapping/unwrap");
        if (call.Argument(0) is { } argument)
        {
            var token = await call.SecretAsync(argument, "wrapping token", cancellation);

            // With a token of our own, the request is recorded as ours; without one, the wrapping token speaks for itself.
            request = call.Settings.Token is null
                ? request with { Token = token }
                : request with { Body = new JsonObject { ["token"] = token.Reveal() }, BodyIsSecret = true };
        }

        return call.Show(await call.DemandDataAsync(request, cancellation));
    }
}
