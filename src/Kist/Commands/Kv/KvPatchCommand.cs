using System.Net;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Client.Kv;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Kv;

/// <summary><c>kv patch</c>: changes some keys of a secret and leaves the others.</summary>
internal static class KvPatchCommand
{
    private static readonly Flag Method = Flag.Choice(
        "method",
        ["patch", "rw"],
        "patch merges in the server; rw reads, merges here and writes back. Default: patch, then rw where patch is not allowed.");

    private static readonly Flag Cas = Flag.Number("cas", "version", "Write only if this is the secret's current version; 0 for no check.");

    private static readonly Flag RemoveData = Flag.List("remove-data", "keys", "Remove these keys; may be repeated.");

    public static Command Patch => new("kv patch", "Changes some keys of a secret and leaves the others.", RunAsync)
    {
        Arguments = "PATH [DATA...]",
        Description = $"Version 2 mounts only. {DataCommands.DataHelp}",
        Flags = [KvCommands.Mount, Cas, Method, RemoveData],
        Shows = Shows.Fields,
        Example = new("Change a password and leave the name", "kv patch -mount=secret app/db password=@password.txt"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var arguments = new DataArguments(call.Input);
        var changes = arguments.Read([.. call.Arguments.Skip(1)]);
        foreach (var key in call.List(RemoveData))
            changes[key] = null;
        if (changes.Count == 0)
            throw ExitException.Usage("there is nothing to change: give key=value or -remove-data=key");
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var response = await SendAsync(call, mount, changes, arguments.CameFromOutside, cancellation);
        return KvOutput.Written(call, response.OrNothing(mount.ApiPath("data")), mount);
    }

    private static async Task<ApiResponse> SendAsync(
        Invocation call, KvMount mount, JsonObject changes, bool secret, CancellationToken cancellation)
    {
        var method = call.Text(Method);
        if (method == "rw")
            return await ReadAndWriteAsync(call, mount, changes, cancellation);
        var body = KvCommands.Body((JsonObject)changes.DeepClone(), Version(call));
        var response = await call.SendAsync(ApiRequest.Patch(mount.ApiPath("data"), body) with { BodyIsSecret = secret }, cancellation);
        var refused = response.Status is HttpStatusCode.MethodNotAllowed or HttpStatusCode.Forbidden;
        return method is null && refused ? await ReadAndWriteAsync(call, mount, changes, cancellation) : response;
    }

    /// <summary>The version that must be current, or null: a patch needs a secret, so that 0 cannot mean "none" as in a put.</summary>
    private static long? Version(Invocation call) => call.Number(Cas) is > 0 and var version ? version : null;

    /// <summary>Merges here; the write requires the version that was read, so that nobody's change is lost.</summary>
    private static async Task<ApiResponse> ReadAndWriteAsync(Invocation call, KvMount mount, JsonObject changes, CancellationToken cancellation)
    {
        var path = mount.ApiPath("data");
        var read = (await call.Client.SendAsync(ApiRequest.Read(path), cancellation)).OrNothing(path);
        if (read.Data?.Object("data") is not { } current)
            throw ExitException.Failed($"No value found at {path}");
        var merged = JsonObject.Create(current)!;
        foreach (var (key, value) in changes)
        {
            if (value is null)
                merged.Remove(key);
            else
                merged[key] = value.DeepClone();
        }

        var version = Version(call) ?? read.Data?.Object("metadata")?.Number("version");
        return await call.SendAsync(ApiRequest.Write(path, KvCommands.Body(merged, version)) with { BodyIsSecret = true }, cancellation);
    }
}
