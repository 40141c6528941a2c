using System.Net;
using Kist.Crypto;

namespace Kist.Client.Agent;

/// <summary>Sends the requests of the agent's parts, each with the token that the agent has at that moment. Thread-safe.</summary>
/// <param name="client">Speaks to the server; it has no token of its own.</param>
/// <param name="token">The agent's token. Whoever sends before there is one waits for it.</param>
public sealed class AgentRequests(KistClient client, AgentToken token)
{
    /// <summary>The agent's token.</summary>
    public AgentToken Token => token;

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout => client.Settings.Timeout;

    /// <summary>Sends a request. A refusal makes the token's keeper look at the token.</summary>
    /// <exception cref="ConnectionException">No answer came.</exception>
    /// <exception cref="Settings.SettingException">The path or a header cannot be sent.</exception>
    public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellation) =>
        (await SendWithAsync(request, cancellation)).Response;

    /// <summary>As <see cref="SendAsync"/>; tells also which token was sent, to which what the answer brings is tied.</summary>
    internal async Task<(ApiResponse Response, SecretText Sent)> SendWithAsync(ApiRequest request, CancellationToken cancellation)
    {
        var sent = request.Token ?? await token.NextAsync(null, cancellation);
        var response = await client.SendAsync(request with { Token = sent }, cancellation);
        if (response.Status == HttpStatusCode.Forbidden)
            token.Doubt(sent);
        return (response, sent);
    }
}
