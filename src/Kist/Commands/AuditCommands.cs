using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands;

/// <summary><c>audit list, enable, disable</c>.</summary>
internal static class AuditCommands
{
    private static readonly string[] Header = ["Path", "Type", "Description"];
    private static readonly string[] DetailedHeader = ["Path", "Type", "Description", "Local", "Options"];
    private static readonly Flag Detailed = Flag.Switch("detailed", "Show options too.");
    private static readonly Flag Path = Flag.Text("path", "path", "The device's name. Default: its type.");
    private static readonly Flag Description = Flag.Text("description", "text", "What it is for.");
    private static readonly Flag Local = Flag.Switch("local", "Do not replicate it.");

    public static CommandGroup Group => new("audit", static () => [List, Enable, Disable]) { About = "Works with audit devices." };

    private static Command List => new("audit list", "Lists audit devices.", ListAsync)
    {
        Flags = [Detailed],
        Shows = Shows.Format,
        Example = new("See devices with their options", "audit list -detailed"),
    };

    private static Command Enable => new("audit enable", "Starts an audit device.", EnableAsync)
    {
        Arguments = "TYPE [K=V...]",
        Description = "Once a device is enabled, a request that no device can record is refused.",
        Flags = [Path, Description, Local],
        Example = new("Record every request in a file", "audit enable file file_path=/var/log/kist/audit.log"),
    };

    private static Command Disable => new("audit disable", "Stops an audit device.", DisableAsync)
    {
        Arguments = "PATH",
        Example = new("Stop the file device", "audit disable file"),
    };

    private static async Task<int> ListAsync(Invocation call, CancellationToken cancellation)
    {
        var response = await call.DemandAsync(ApiRequest.Read("sys/audit"), cancellation);
        call.Output.Warn(response);
        var devices = response.Data ?? response.Json ?? default;
        var found = Devices(devices);
        if (found.Count == 0 && call.Output.IsTable)
            throw ExitException.Failed("No audit devices are enabled: nobody can tell later who read what");
        return call.Output.Document(devices, () => call.Switch(Detailed)
            ? TableText.Render(DetailedHeader, found.Select(DetailedRow))
            : TableText.Render(Header, found.Select(Row)));
    }

    private static List<JsonProperty> Devices(JsonElement devices) =>
        devices.ValueKind == JsonValueKind.Object
            ? [.. GoText.Sorted(devices).Where(static p => p.Value.ValueKind == JsonValueKind.Object)]
            : [];

    private static IReadOnlyList<string> Row(JsonProperty device) =>
        [device.Name, device.Value.Text("type") ?? "", device.Value.Text("description") is { Length: > 0 } text ? text : "n/a"];

    private static IReadOnlyList<string> DetailedRow(JsonProperty device) =>
    [
        .. Row(device), device.Value.IsTrue("local") ? "true" : "false",
        device.Value.Object("options") is { } options ? Options(options) : "",
    ];

    private static string Options(JsonElement options) =>
        string.Join(' ', GoText.Sorted(options).Select(static o => $"{o.Name}={GoText.Format(o.Value)}"));

    private static async Task<int> EnableAsync(Invocation call, CancellationToken cancellation)
    {
        var type = call.Arguments[0];
        var path = (call.Text(Path) ?? type).Trim('/');
        var body = new JsonObject
        {
            ["type"] = type,
            ["description"] = call.Text(Description) ?? "",
            ["local"] = call.Switch(Local),
            ["options"] = new DataArguments(call.Input).Read([.. call.Arguments.Skip(1)]),
        };
        call.Output.Warn(await call.DemandAsync(ApiRequest.Write($"sys/audit/{path}", body), cancellation));
        return call.Output.Success($"Enabled the {type} audit device at: {path}/");
    }

    private static async Task<int> DisableAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Arguments[0].Trim('/');
        call.Output.Warn(await call.DemandAsync(ApiRequest.Delete($"sys/audit/{path}"), cancellation));
        return call.Output.Success($"Disabled audit device (if it was enabled) at: {path}/");
    }
}
