using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Kv;

/// <summary><c>kv metadata get, put, patch, delete</c>: a version 2 secret's settings and list of versions.</summary>
internal static class KvMetadataCommands
{
    private static readonly Flag CasRequired = Flag.Switch("cas-required", "Refuse writes that do not name the version that they replace.");
    private static readonly Flag MaxVersions = Flag.Number("max-versions", "count", "Keep this many versions; 0 for the mount's setting.");
    private static readonly Flag DeleteVersionAfter = Flag.Text(
        "delete-version-after", "duration", "Delete each version this long after it was written.");
    private static readonly Flag CustomMetadata = Flag.Map("custom-metadata", "A note to keep beside the secret, in clear; may be repeated.");
    private static readonly Flag RemoveCustomMetadata = Flag.List("remove-custom-metadata", "keys", "Remove these notes; may be repeated.");

    public static Command Get => new("kv metadata get", "Shows a secret's settings and versions, without its values.", GetAsync)
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount],
        Shows = Shows.Fields,
        Example = new("See when a secret was last written", "kv metadata get -mount=secret app/db"),
    };

    public static Command Put => new("kv metadata put", "Sets a secret's settings.", (call, c) => WriteAsync(call, ApiRequest.Write, c))
    {
        Arguments = "PATH",
        Description = "Without flags, makes a secret that has no version yet.",
        Flags = [KvCommands.Mount, CasRequired, MaxVersions, DeleteVersionAfter, CustomMetadata],
        Example = new("Keep the last five versions", "kv metadata put -mount=secret -max-versions=5 app/db"),
    };

    public static Command Patch => new(
        "kv metadata patch", "Changes some of a secret's settings and leaves the others.", (call, c) => WriteAsync(call, ApiRequest.Patch, c))
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount, CasRequired, MaxVersions, DeleteVersionAfter, CustomMetadata, RemoveCustomMetadata],
        Example = new("Note who owns a secret", "kv metadata patch -mount=secret -custom-metadata=owner=payments app/db"),
    };

    public static Command Delete => new("kv metadata delete", "Deletes a secret with all its versions for good.", DeleteAsync)
    {
        Arguments = "PATH",
        Flags = [KvCommands.Mount],
        Example = new("Remove a secret entirely", "kv metadata delete -mount=secret app/old"),
    };

    private static async Task<int> GetAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath("metadata");
        var response = (await call.SendAsync(ApiRequest.Read(path), cancellation)).OrNothing(path);
        if (!call.Output.IsTable || response.Data is not { } data)
            return call.Output.Show(response);
        call.Output.Warn(response);
        call.Output.Write(KvOutput.PathTitle("Metadata Path", path) + Sections(data));
        return ExitCode.Done;
    }

    private static string Sections(JsonElement data)
    {
        var settings = JsonObject.Create(data)!;
        settings.Remove("versions");
        var text = new StringBuilder(KvOutput.Section("Metadata", JsonText.ToElement(settings)));
        var versions = data.Object("versions") is { } found ? found.EnumerateObject() : default;
        foreach (var version in versions.OrderBy(Number))
            text.Append('\n').Append(KvOutput.Section($"Version {version.Name}", version.Value));
        return text.ToString();
    }

    private static long Number(JsonProperty version) =>
        long.TryParse(version.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static async Task<int> WriteAsync(Invocation call, Func<string, JsonObject, ApiRequest> request, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath("metadata");
        var body = Body(call);
        if (body.Count == 0 && call.Command.Flags.Contains(RemoveCustomMetadata))
            throw ExitException.Usage("there is nothing to change: give at least one flag");
        call.Output.Warn(await call.DemandAsync(request(path, body), cancellation));
        return call.Output.Success($"Data written to: {path}");
    }

    private static JsonObject Body(Invocation call)
    {
        var body = new JsonObject();
        if (call.Has(CasRequired))
            body["cas_required"] = call.Switch(CasRequired);
        if (call.Number(MaxVersions) is { } count)
            body["max_versions"] = count;
        if (call.Text(DeleteVersionAfter) is { } after)
            body["delete_version_after"] = after;
        var notes = new JsonObject();
        foreach (var (key, value) in call.Map(CustomMetadata))
            notes[key] = value;
        foreach (var key in call.Command.Flags.Contains(RemoveCustomMetadata) ? call.List(RemoveCustomMetadata) : [])
            notes[key] = null;
        if (notes.Count > 0)
            body["custom_metadata"] = notes;
        return body;
    }

    private static async Task<int> DeleteAsync(Invocation call, CancellationToken cancellation)
    {
        var mount = await KvCommands.FindVersionedAsync(call, cancellation);
        var path = mount.ApiPath("metadata");
        call.Output.Warn(await call.DemandAsync(ApiRequest.Delete(path), cancellation));
        return call.Output.Success($"Data deleted (if it existed) at: {path}");
    }
}
