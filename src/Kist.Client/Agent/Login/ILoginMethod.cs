using System.Text.Json;
using Kist.Crypto;

namespace Kist.Client.Agent.Login;

/// <summary>A way to log in.</summary>
public interface ILoginMethod
{
    /// <summary>Whether the token is the agent's own, so that it ends with the agent.</summary>
    bool MakesToken { get; }

    /// <summary>Logs in.</summary>
    /// <exception cref="LoginException">A credential cannot be read or is not what it should be.</exception>
    /// <exception cref="ApiException">The server refused.</exception>
    /// <exception cref="ConnectionException">No answer came.</exception>
    Task<LoginAnswer> LoginAsync(KistClient client, CancellationToken cancellation);

    /// <summary>What the token of the last login is renewed with: a server may ask for the same certificate.</summary>
    /// <param name="usual">The client of logins.</param>
    KistClient ClientOf(KistClient usual) => usual;
}

/// <summary>What a login gave.</summary>
/// <param name="Token">The token; null when the server wrapped its answer.</param>
/// <param name="Ttl">How long it lasts; zero for without end.</param>
/// <param name="IsRenewable">Whether it can be made to last longer.</param>
public sealed record LoginAnswer(SecretText? Token, TimeSpan Ttl, bool IsRenewable)
{
    /// <summary>What the server wrapped its answer in (<c>wrap_info</c>), as JSON; it holds a token.</summary>
    public SecretText? Wrapped { get; init; }

    /// <summary>Reads the server's answer to a login, or to the renewal of a token.</summary>
    /// <exception cref="LoginException">There is no token in it.</exception>
    public static LoginAnswer Of(ApiResponse response)
    {
        if (response.Json?.Object("wrap_info") is { } wrapped)
            return new LoginAnswer(null, Seconds(wrapped, "ttl"), false) { Wrapped = new SecretText(wrapped.GetRawText()) };
        if (response.Json?.Object("auth") is not { } auth)
            throw new LoginException("the server's answer holds no token");
        if (auth.Object("mfa_requirement") is not null)
            throw new LoginException("the server asks for a second proof, which an agent cannot give: exempt this login from it");
        return auth.Text("client_token") is { Length: > 0 } token
            ? new LoginAnswer(new SecretText(token), Seconds(auth, "lease_duration"), auth.IsTrue("renewable"))
            : throw new LoginException("the server's answer holds no token");
    }

    /// <summary>How long, not what.</summary>
    public override string ToString() => $"a token for {Ttl}";

    private static TimeSpan Seconds(JsonElement element, string name) => TimeSpan.FromSeconds(Math.Clamp(element.Number(name) ?? 0, 0, int.MaxValue));
}

/// <summary>The agent cannot log in. The message says why and holds no secret.</summary>
public sealed class LoginException(string message) : Exception(message);
