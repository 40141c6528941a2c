using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Client.Kv;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;

namespace Kist.Commands.Kv;

/// <summary>
/// The <c>kv</c> group, and what its commands share. Which version a mount has is asked of the server, so that one command fits both.
/// </summary>
internal static class KvCommands
{
    public static readonly Flag Mount = Flag.Text("mount", "path", "Where the engine is mounted. Without it, the path begins with the mount.");

    public static readonly Flag Cas = Flag.Number(
        "cas", "version", "Write only if this is the secret's current version; 0 only if there is none. Version 2 mounts.");

    public static CommandGroup Group => new("kv", All) { About = "Works with key/value secrets." };

    /// <summary>Finds the mount and the secret that the first argument means.</summary>
    public static Task<KvMount> FindAsync(Invocation call, CancellationToken cancellation) =>
        KvMount.FindAsync(call.Client, call.Argument(0) ?? "", call.Text(Mount), cancellation);

    /// <summary>Finds the mount and the secret that the first argument means.</summary>
    /// <exception cref="ExitException">The mount has version 1.</exception>
    public static async Task<KvMount> FindVersionedAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await FindAsync(call, cancellation);
        return mount.Version == 2
            ? mount
            : throw ExitException.Usage(
                $"{mount.MountPath} is a version 1 mount, which keeps no versions; to keep them from now on: "
                + $"{call.Host.ProgramName} kv enable-versioning {mount.MountPath}");
    }

    /// <summary>The body of a write to a version 2 mount.</summary>
    public static JsonObject Body(JsonObject data, long? cas) => new()
    {
        ["data"] = data,
        ["options"] = cas is { } version ? new JsonObject { ["cas"] = version } : [],
    };

    private static IReadOnlyList<Command> All() =>
    [
        KvSecretCommands.Get, KvSecretCommands.Put, KvPatchCommand.Patch, KvSecretCommands.List, KvSecretCommands.Delete, KvVersionCommands.Undelete,
        KvVersionCommands.Destroy, KvVersionCommands.Rollback, EnableVersioning, KvMetadataCommands.Get, KvMetadataCommands.Put,
        KvMetadataCommands.Patch, KvMetadataCommands.Delete, KvRotationCommands.Set, KvRotationCommands.Get, KvRotationCommands.List,
        KvRotationCommands.Delete, KvRotationCommands.Rotate,
    ];

    private static Command EnableVersioning => new("kv enable-versioning", "Turns a version 1 mount into a version 2 one.", EnableVersioningAsync)
    {
        Arguments = "MOUNT",
        Description = "The mount does not answer while its secrets are converted. There is no way back.",
        Example = new("Keep versions from now on", "kv enable-versioning kv1"),
    };

    private static async Task<int> EnableVersioningAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        var body = new JsonObject { ["options"] = new JsonObject { ["version"] = "2" } };
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write($"sys/mounts/{path}/tune", body), cancellation));
        return call.Output.Success($"Tuned the secrets engine at: {path}/");
    }
}
