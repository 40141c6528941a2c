using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Logins;

/// <summary>The request of <c>login</c>: what was given as key=value, and what is missing from the pod, the environment or the user.</summary>
internal static class LoginRequest
{
    /// <summary>Makes it.</summary>
    /// <exception cref="ExitException">Something is missing and nobody can be asked for it.</exception>
    public static async Task<ApiRequest> MakeAsync(Invocation call, string method, string? path, CancellationToken cancellation)
    {
        var body = new DataArguments(call.Input).Read(call.Arguments);
        var mount = (path ?? Text(body, "mount") ?? method).Trim('/');
        body.Remove("mount");
        if (method is "kubernetes" or "jwt" && !body.ContainsKey("jwt"))
            body["jwt"] = await JwtAsync(call, method, cancellation);
        if (method == "approle" && body.ContainsKey("role_id") && !body.ContainsKey("secret_id"))
            await AskForSecretIdAsync(call, body, cancellation);

        // What a shell or a file gives ends with a line's end, which these never hold.
        foreach (var name in (string[])["jwt", "secret_id"])
        {
            if (Text(body, name) is { } given)
                body[name] = given.TrimEnd('\r', '\n');
        }

        var end = LoginMethods.TakesName(method) ? $"/{await NamedAsync(call, body, cancellation)}" : "";
        return ApiRequest.Write($"auth/{mount}/login{end}", body) with { BodyIsSecret = true };
    }

    /// <summary>Sees to the password, and takes the name, which goes into the path.</summary>
    private static async Task<string> NamedAsync(Invocation call, JsonObject body, CancellationToken cancellation)
    {
        var given = Text(body, "username");
        var name = given ?? Variable(call, "LOGNAME") ?? Variable(call, "USER")
            ?? throw ExitException.Usage("whose password is it? Give username=NAME, or set LOGNAME or USER");
        body.Remove("username");
        if (Text(body, "password") is { } password)
        {
            body["password"] = WithoutLineEnd(password);
        }
        else if (!body.ContainsKey("password"))
        {
            // Who gave no name sees whose password is asked for.
            using var asked = await call.PasswordAsync(given is null ? $"Password of {name}" : "Password", cancellation);
            body["password"] = asked.Reveal();
        }

        return name;
    }

    private static async Task<string> JwtAsync(Invocation call, string method, CancellationToken cancellation)
    {
        if (method == "kubernetes")
        {
            var own = Path.Combine(call.Host.PodFolder, "token");
            return File.Exists(own)
                ? InputText.FromFile(own).Trim()
                : throw ExitException.Usage($"login with kubernetes takes the token from {own}, which is not there: give jwt=@FILE");
        }

        using var token = await call.SecretAsync(null, "token", cancellation);
        return token.Reveal();
    }

    /// <summary>Roles can do without, so that without a terminal the server says whether one is missing.</summary>
    private static async Task AskForSecretIdAsync(Invocation call, JsonObject body, CancellationToken cancellation)
    {
        if (!call.CanAsk)
            return;
        var typed = (await call.AskAsync("Secret id (will be hidden; Enter for none): ", cancellation)).Trim();
        if (typed.Length > 0)
            body["secret_id"] = typed;
    }

    /// <summary>One line end, which <c>echo</c> and editors add; others belong to the password, as spaces do.</summary>
    private static string WithoutLineEnd(string password) => password switch
    {
        [.. var text, '\r', '\n'] => text,
        [.. var text, '\n'] => text,
        _ => password,
    };

    private static string? Variable(Invocation call, string name) => call.Host.Variable(name) is { Length: > 0 } value ? value : null;

    private static string? Text(JsonObject body, string name) =>
        body[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
