using System.Text.Json;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Mounts;

/// <summary><c>secrets list</c> and <c>auth list</c>.</summary>
internal static class MountListCommand
{
    private static readonly string[] Header = ["Path", "Type", "Accessor", "Description"];

    private static readonly string[] DetailedHeader =
        ["Path", "Type", "Accessor", "Default TTL", "Max TTL", "Options", "Local", "Seal Wrap", "UUID", "Description"];

    private static readonly Flag Detailed = Flag.Switch("detailed", "Show settings too.");

    public static Command List(MountKind kind) => new($"{kind.Group} list", $"Lists mounted {kind.Noun}s.", (call, c) => RunAsync(call, kind, c))
    {
        Flags = [Detailed],
        Shows = Shows.Format,
        Example = new("See mounts with their settings", $"{kind.Group} list -detailed"),
    };

    private static async Task<int> RunAsync(Invocation call, MountKind kind, CancellationToken cancellation)
    {
        var response = await call.DemandAsync(ApiRequest.Read(kind.ApiPath), cancellation);
        call.Output.Warn(response);
        var mounts = response.Data ?? response.Json ?? default;
        return call.Output.Document(mounts, () => call.Switch(Detailed)
            ? TableText.Render(DetailedHeader, Mounts(mounts).Select(DetailedRow))
            : TableText.Render(Header, Mounts(mounts).Select(Row)));
    }

    private static IEnumerable<JsonProperty> Mounts(JsonElement mounts) =>
        GoText.Sorted(mounts).Where(static p => p.Value.ValueKind == JsonValueKind.Object);

    private static IReadOnlyList<string> Row(JsonProperty mount) =>
        [mount.Name, Text(mount, "type"), Text(mount, "accessor"), Description(mount)];

    private static IReadOnlyList<string> DetailedRow(JsonProperty mount) =>
    [
        mount.Name, Text(mount, "type"), Text(mount, "accessor"), Ttl(mount, "default_lease_ttl"), Ttl(mount, "max_lease_ttl"),
        mount.Value.Field("options") is { } options ? GoText.Format(options) : "map[]", Text(mount, "local"), Text(mount, "seal_wrap"),
        Text(mount, "uuid"), Description(mount),
    ];

    private static string Text(JsonProperty mount, string name) => mount.Value.Field(name) is { } value ? GoText.Format(value) : "n/a";

    private static string Description(JsonProperty mount) => mount.Value.Text("description") is { Length: > 0 } text ? text : "n/a";

    private static string Ttl(JsonProperty mount, string name) =>
        mount.Value.Object("config")?.Number(name) is { } seconds and > 0 ? HumanDuration.Format(seconds) : "system";
}
