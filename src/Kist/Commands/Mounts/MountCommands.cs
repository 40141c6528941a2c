using System.Net;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;
using Kist.Commands.Logins;
using Kist.Commands.Rendering;

namespace Kist.Commands.Mounts;

/// <summary>The groups <c>secrets</c> and <c>auth</c>: enable, disable, tune.</summary>
internal static class MountCommands
{
    public static CommandGroup Secrets => new("secrets", static () => [.. Common(MountKind.Secrets), MountMoveCommand.Move(MountKind.Secrets)])
    {
        About = "Mounts and unmounts secrets engines.",
    };

    public static CommandGroup Auth => new("auth", static () => [.. Common(MountKind.Auth), MountMoveCommand.Move(MountKind.Auth), Help])
    {
        About = "Mounts and unmounts auth methods.",
    };

    private static Command Help => new("auth help", "Shows how to log in by an auth method, and what the server says about it.", HelpAsync)
    {
        Arguments = "TYPE|PATH",
        Description = "What is mounted at the path is described by the server. For a type that is not mounted, or without a token that the server "
            + "takes, only how to log in is shown.",
        Shows = Shows.Format,
        Example = new("See how to log in by a method and what it offers", "auth help token"),
    };

    private static IEnumerable<Command> Common(MountKind kind)
    {
        var secrets = kind == MountKind.Secrets;
        yield return MountListCommand.List(kind);
        yield return new Command($"{kind.Group} enable", $"Mounts {kind.ANoun}.", (call, c) => EnableAsync(call, kind, c))
        {
            Arguments = "TYPE",
            Flags = [MountFlags.Path, MountFlags.Local, MountFlags.SealWrap, .. MountFlags.Tunable(kind)],
            Example = secrets
                ? new Example("Mount a key/value engine that keeps versions", "secrets enable -path=apps -version=2 kv")
                : new Example("Let people log in by name and password", "auth enable userpass"),
        };
        yield return new Command($"{kind.Group} disable", $"Unmounts {kind.ANoun}.", (call, c) => DisableAsync(call, kind, c))
        {
            Arguments = "PATH",
            Description = secrets
                ? "All that it holds is deleted, for good."
                : "Its roles and configuration are deleted, for good, and the tokens that it issued are not valid any more.",
            Example = secrets
                ? new Example("Remove a mount with all its secrets", "secrets disable apps")
                : new Example("End a method and all tokens that it issued", "auth disable userpass"),
        };
        yield return new Command($"{kind.Group} tune", $"Changes settings of {kind.ANoun}.", (call, c) => TuneAsync(call, kind, c))
        {
            Arguments = "PATH",
            Flags = secrets ? MountFlags.Tunable(kind) : [.. MountFlags.Tunable(kind), .. MountFlags.Lockout],
            Example = secrets
                ? new Example("Let leases live a day at most", "secrets tune -max-lease-ttl=24h apps")
                : new Example("Let tokens live a day at most", "auth tune -max-lease-ttl=24h token"),
        };
    }

    private static async Task<int> EnableAsync(Invocation call, MountKind kind, CancellationToken cancellation)
    {
        var type = call.Arguments[0];
        var path = (call.Text(MountFlags.Path) ?? type).Trim('/');
        var body = new JsonObject
        {
            ["type"] = type,
            ["description"] = call.Text(MountFlags.Description) ?? "",
            ["config"] = MountFlags.Config(call, kind),
            ["options"] = MountFlags.TypeOptions(call),
            ["local"] = call.Switch(MountFlags.Local),
            ["seal_wrap"] = call.Switch(MountFlags.SealWrap),
        };
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write($"{kind.ApiPath}/{path}", body), cancellation));
        var article = kind == MountKind.Secrets ? "the " : "";
        return call.Output.Success($"Enabled {article}{type} {kind.Noun} at: {path}/");
    }

    private static async Task<int> DisableAsync(Invocation call, MountKind kind, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        call.Output.Warn(await call.DemandAsync(ApiRequest.Delete($"{kind.ApiPath}/{path}"), cancellation));
        return call.Output.Success($"Disabled the {kind.Noun} (if it existed) at: {path}/");
    }

    private static async Task<int> TuneAsync(Invocation call, MountKind kind, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        var body = MountFlags.Config(call, kind);
        if (call.Text(MountFlags.Description) is { } description)
            body["description"] = description;
        if (MountFlags.TypeOptions(call) is { Count: > 0 } options)
            body["options"] = options;
        if (kind == MountKind.Auth && MountFlags.LockoutConfig(call) is { Count: > 0 } lockout)
            body["user_lockout_config"] = lockout;
        if (body.Count == 0)
            throw ExitException.Usage("there is nothing to change: give at least one flag");
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write($"{kind.ApiPath}/{path}/tune", body), cancellation));
        return call.Output.Success($"Tuned the {kind.Noun} at: {path}/");
    }

    private static async Task<int> HelpAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        var login = LoginMethods.Help(path, call.Host.ProgramName);
        var response = await call.SendAsync(ApiRequest.Read($"auth/{path}", KeyValuePair.Create("help", "1")), cancellation);
        if (login is not null && response.Status is (HttpStatusCode.NotFound or HttpStatusCode.Forbidden))
            return call.Output.Document(JsonText.ToElement(new JsonObject { ["help"] = login }), () => login);
        var answer = response.EnsureSuccess().Json ?? default;
        var text = $"{answer.Text("help")?.TrimEnd()}\n";
        return call.Output.Document(answer, () => login is null ? text : $"{login}\n{text}");
    }
}
