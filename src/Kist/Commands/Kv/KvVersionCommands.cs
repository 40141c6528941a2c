using System.Globalization;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Kv;

/// <summary><c>kv undelete, destroy, rollback</c>: what version 2 mounts do with versions.</summary>
internal static class KvVersionCommands
{
    private static readonly Flag Versions = Flag.List("versions", "numbers", "The versions; required.");
    private static readonly Flag Version = Flag.Number("version", "number", "The version to go back to; required.");

    public static Command Undelete => new("kv undelete", "Brings deleted versions of a secret back.", (call, c) => ActAsync(call, "undelete", c))
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount, Versions],
        Example = new("Bring version 3 back", "kv undelete -mount=secret -versions=3 app/db"),
    };

    public static Command Destroy => new("kv destroy", "Destroys versions of a secret for good.", (call, c) => ActAsync(call, "destroy", c))
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount, Versions],
        Example = new("Destroy versions 1 and 2", "kv destroy -mount=secret -versions=1,2 app/db"),
    };

    public static Command Rollback => new("kv rollback", "Writes an older version of a secret again, as the newest.", RollbackAsync)
    {
        Arguments = "PATH",
        Description = "Fails if somebody writes the secret meanwhile.",
        Flags = [KvCommands.Mount, Version],
        Shows = Shows.Fields,
        Example = new("Go back to version 2", "kv rollback -mount=secret -version=2 app/db"),
    };

    /// <summary>The body that names versions.</summary>
    /// <exception cref="ExitException">One is no number.</exception>
    public static JsonObject Body(Flag flag, IReadOnlyList<string> versions) =>
        new() { ["versions"] = new JsonArray([.. versions.Select(v => (JsonNode)JsonValue.Create(Number(flag, v)))]) };

    private static long Number(Flag flag, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw ExitException.Usage($"flag {flag} must be numbers with commas between, as in {flag}=1,2");

    private static async Task<int> ActAsync(Invocation call, string action, CancellationToken cancellation)
    {
        var versions = call.List(Versions);
        if (versions.Count == 0)
            throw ExitException.Usage($"say which versions to {action}, as in -versions=1,2");
        var body = Body(Versions, versions);
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath(action);
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write(path, body), cancellation));
        return call.Output.Success($"Data written to: {path}");
    }

    private static async Task<int> RollbackAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Number(Version) is not { } version)
            throw ExitException.Usage("say which version to go back to, as in -version=2");
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath("data");
        var newest = (await call.Client.SendAsync(ApiRequest.Read(path), cancellation)).OrNothing(path);
        var wanted = ApiRequest.Read(path, KeyValuePair.Create("version", version.ToString(CultureInfo.InvariantCulture)));
        var old = (await call.Client.SendAsync(wanted, cancellation)).OrNothing($"{path}, version {version}");
        if (old.Data?.Object("data") is not { } data)
            throw ExitException.Failed($"Version {version} of {path} is deleted or destroyed; there is nothing to go back to");
        var body = KvCommands.Body(JsonObject.Create(data)!, newest.Data?.Object("metadata")?.Number("version"));
        var response = await call.DemandAsync(ApiRequest.Write(path, body) with { BodyIsSecret = true }, cancellation);
        return KvOutput.Written(call, response, mount);
    }
}
