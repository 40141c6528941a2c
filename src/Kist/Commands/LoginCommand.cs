using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Logins;
using Kist.Commands.Rendering;
using Kist.Crypto;

namespace Kist.Commands;

/// <summary><c>login</c>: checks or gets a token and keeps it for the next commands.</summary>
internal static class LoginCommand
{
    private static readonly Flag Method = Flag.Text(
        "method", "type", "Auth method: token, userpass, approle, cert, jwt or kubernetes; of other servers others as well. Default token.");
    private static readonly Flag Path = Flag.Text("path", "mount", "Where the method is mounted. Default: its type.");
    private static readonly Flag NoStore = Flag.Switch("no-store", "Do not keep the token.");
    private static readonly Flag NoPrint = Flag.Switch("no-print", "Do not show the token.");
    private static readonly Flag TokenOnly = Flag.Switch("token-only", "Print the token alone and do not keep it.");

    public static Command Login => new("login", "Logs in and keeps the token for the next commands.", RunAsync)
    {
        Arguments = "[TOKEN|K=V...]",
        Description = "Without -method, takes a token: as the argument, from standard input (-), or asked for. "
            + "Methods with a name and a password take username=NAME (default: LOGNAME or USER) and ask for the password. "
            + "approle takes role_id=ID and asks for the secret id. "
            + "kubernetes takes role=NAME and, unless jwt=... is given, the pod's own service-account token; "
            + "jwt takes role=NAME and asks for the token; cert shows the certificate of -client-cert. "
            + "Every other method takes its login parameters as key=value. "
            + "Where the server wants a second proof, its code is asked for; with nobody to ask, the login fails and says what is missing.",
        Flags = [Method, Path, NoStore, NoPrint, TokenOnly],
        Shows = Shows.Fields,
        Example = new("Log in with a token that nobody sees", "login"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var method = call.Text(Method) ?? "token";
        if (method == "token")
            return Finish(call, await WithTokenAsync(call, cancellation));
        var secret = await AskAsync(call, await LoginRequest.MakeAsync(call, method, call.Text(Path), cancellation), cancellation);
        if (SecondProof.Of(secret) is { } lacking)
        {
            if (!call.CanAsk)
                return Refuse(call, secret, lacking);
            secret = await AskAsync(call, await lacking.AskAsync(call, cancellation), cancellation);
        }

        return Finish(call, secret);
    }

    private static async Task<JsonElement> AskAsync(Invocation call, ApiRequest request, CancellationToken cancellation)
    {
        var response = await call.DemandAsync(request, cancellation);
        call.Output.Warn(response);
        return response.Json ?? default;
    }

    /// <summary>There is no token yet, and whoever reads the output must not take anything for one.</summary>
    private static int Refuse(Invocation call, JsonElement secret, SecondProof lacking)
    {
        if (!call.Switch(TokenOnly) && !call.Switch(NoPrint) && call.Output.Field is (null or "mfa_request_id"))
            call.Output.Show(secret);
        throw ExitException.Failed(
            $"The login is not complete: it wants a code of {lacking.Methods}, and there is nobody to ask. "
            + $"Send one to sys/mfa/validate, with mfa_request_id={lacking.RequestId}");
    }

    private static int Finish(Invocation call, JsonElement secret)
    {
        // A login that lacks a proof has an empty one.
        var token = secret.Object("auth")?.Text("client_token") is { Length: > 0 } given ? given : null;
        if (call.Switch(TokenOnly))
            return Only(call, token ?? secret.Object("wrap_info")?.Text("token"));
        if (token is null)
            return call.Output.Show(secret);
        if (!call.Switch(NoStore))
        {
            using var kept = new SecretText(token);
            call.TokenFile.Write(kept);
        }

        if (call.Switch(NoPrint))
            return ExitCode.Done;
        if (call.Output.IsTable)
            Greet(call);
        return call.Output.Show(secret);
    }

    private static void Greet(Invocation call)
    {
        var kept = call.Switch(NoStore) ? "It was not kept." : $"It is kept in {call.TokenFile.Path} and used by the next commands.";
        call.Output.Success($"You are now authenticated. The token is shown below. {kept}\n");
        if (call.Host.Variable("KIST_TOKEN") is { Length: > 0 } || call.Host.Variable("VAULT_TOKEN") is { Length: > 0 })
            call.Host.Tell("Warning: KIST_TOKEN or VAULT_TOKEN is set and goes before the token that was kept; unset it");
    }

    private static int Only(Invocation call, string? token) => token is null
        ? throw ExitException.Failed("the answer holds no token")
        : call.Output.ShowField(JsonText.ToElement(JsonValue.Create(token)));

    /// <summary>Looks the token up with itself, and answers as if it had been issued now.</summary>
    private static async Task<JsonElement> WithTokenAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Arguments.Count > 1)
            throw ExitException.Usage("login takes one token, or key=value together with -method");
        var given = call.Argument(0);
        var argument = given is not null && given.StartsWith("token=", StringComparison.Ordinal) ? given["token=".Length..] : given;
        var token = await call.SecretAsync(argument, "token", cancellation);
        var found = await call.DemandAsync(ApiRequest.Read("auth/token/lookup-self") with { Token = token }, cancellation);
        return found.Data is { } data ? JsonText.ToElement(IssuedToken(token, data)) : found.Json ?? default;
    }

    private static JsonObject IssuedToken(SecretText token, JsonElement data) => new()
    {
        ["auth"] = new JsonObject
        {
            ["client_token"] = token.Reveal(),
            ["accessor"] = data.Text("accessor"),
            ["token_policies"] = JsonText.Array(data.Texts("policies")),
            ["identity_policies"] = JsonText.Array(data.Texts("identity_policies")),
            ["policies"] = JsonText.Array(data.Texts("policies").Union(data.Texts("identity_policies"), StringComparer.Ordinal)),
            ["lease_duration"] = data.Number("ttl") ?? 0,
            ["renewable"] = data.IsTrue("renewable"),
        },
    };
}
