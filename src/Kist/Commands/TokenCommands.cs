using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands;

/// <summary><c>token lookup, renew, revoke, capabilities</c>; <see cref="TokenCreateCommand"/> stands apart.</summary>
internal static class TokenCommands
{
    private static readonly Flag Accessor = Flag.Switch("accessor", "The argument is a token's accessor, not the token.");
    private static readonly Flag Self = Flag.Switch("self", "Revoke the token in use.");
    private static readonly Flag Mode = Flag.Choice("mode", ["orphan"], "orphan leaves the token's children alive, as orphans.");
    private static readonly Flag Increment = Flag.Text(
        "increment", "duration", "How long from now the token should live; the server may allow less.");

    public static CommandGroup Group => new("token", () => [TokenCreateCommand.Create, Lookup, Renew, Revoke, Capabilities])
    {
        About = "Works with tokens.",
    };

    private static Command Lookup => new("token lookup", "Shows a token's properties.", LookupAsync)
    {
        Arguments = "[TOKEN|ACCESSOR]",
        Description = "Without an argument, shows the token in use; - reads the token from standard input.",
        Flags = [Accessor],
        Shows = Shows.Fields,
        Example = new("See which policies you have", "token lookup -field=policies"),
    };

    private static Command Renew => new("token renew", "Extends a token's life.", RenewAsync)
    {
        Arguments = "[TOKEN|ACCESSOR]",
        Description = "Without an argument, renews the token in use; - reads the token from standard input.",
        Flags = [Accessor, Increment],
        Shows = Shows.Fields,
        Example = new("Ask for another hour", "token renew -increment=1h"),
    };

    private static Command Revoke => new("token revoke", "Revokes a token and its children.", RevokeAsync)
    {
        Arguments = "[TOKEN|ACCESSOR]",
        Description = "What the tokens leased is revoked too; - reads the token from standard input.",
        Flags = [Accessor, Self, Mode],
        Example = new("Revoke a token by its accessor", "token revoke -accessor 7gq3zVkXb1Ua0Pmc"),
    };

    private static Command Capabilities => new("token capabilities", "Shows what a token may do at a path.", CapabilitiesAsync)
    {
        Arguments = "[TOKEN|ACCESSOR] PATH",
        Description = "Without a token, shows it for the token in use; - reads the token from standard input.",
        Flags = [Accessor],
        Shows = Shows.Format,
        Example = new("See what you may do with a secret", "token capabilities secret/data/app/db"),
    };

    private static async Task<int> LookupAsync(Invocation call, CancellationToken cancellation)
    {
        var subject = await SubjectAsync(call, call.Argument(0), cancellation);
        var request = subject is null ? ApiRequest.Read("auth/token/lookup-self") : Request("lookup", subject);
        return call.Output.Show(await call.DemandAsync(request, cancellation));
    }

    private static async Task<int> RenewAsync(Invocation call, CancellationToken cancellation)
    {
        var request = Request("renew", await SubjectAsync(call, call.Argument(0), cancellation));
        if (call.Text(Increment) is { } increment)
            request.Body!["increment"] = increment;
        return call.Output.Show(await call.DemandAsync(request, cancellation));
    }

    private static async Task<int> RevokeAsync(Invocation call, CancellationToken cancellation)
    {
        var subject = await SubjectAsync(call, call.Argument(0), cancellation);
        if (subject is null != call.Switch(Self))
            throw ExitException.Usage("say which token to revoke: a token, an accessor with -accessor, or your own with -self");
        var orphan = call.Text(Mode) == "orphan";
        if (orphan && (subject is null || call.Switch(Accessor)))
            throw ExitException.Usage("-mode=orphan goes with a token, not with -self or -accessor");
        var request = Request(orphan ? "revoke-orphan" : "revoke", subject);
        call.Output.Warn(await call.DemandAsync(request, cancellation));
        return call.Output.Success("Revoked token (if it existed)");
    }

    private static async Task<int> CapabilitiesAsync(Invocation call, CancellationToken cancellation)
    {
        var subject = await SubjectAsync(call, call.Arguments.Count == 2 ? call.Arguments[0] : null, cancellation);
        var path = call.Arguments[^1].TrimStart('/');
        var request = Request("capabilities", subject, "sys/");
        request.Body!["paths"] = new JsonArray(path);
        var response = await call.DemandAsync(request, cancellation);
        var capabilities = response.Data?.Texts("capabilities") is { Count: > 0 } found ? found : response.Data?.Texts(path) ?? [];
        return call.Output.Document(ListCommands.Array(capabilities), () => string.Join(", ", capabilities) + "\n");
    }

    /// <summary>Whose token the command is about: the body's field and its value; null for the token in use.</summary>
    private static async Task<Subject?> SubjectAsync(Invocation call, string? argument, CancellationToken cancellation)
    {
        var accessor = call.Switch(Accessor);
        if (argument is null)
            return accessor ? throw ExitException.Usage("-accessor needs the accessor as an argument") : null;
        using var secret = await call.SecretAsync(argument, accessor ? "accessor" : "token", cancellation);
        return new Subject(accessor, secret.Reveal());
    }

    private static ApiRequest Request(string action, Subject? subject, string prefix = "auth/token/")
    {
        var (path, body) = subject switch
        {
            null => ($"{action}-self", []),
            { IsAccessor: true } => ($"{action}-accessor", new JsonObject { ["accessor"] = subject.Id }),
            _ => (action, new JsonObject { ["token"] = subject.Id }),
        };
        return ApiRequest.Write(prefix + path, body) with { BodyIsSecret = subject is { IsAccessor: false } };
    }

    private sealed class Subject(bool isAccessor, string id)
    {
        public bool IsAccessor { get; } = isAccessor;

        public string Id { get; } = id;
    }
}
