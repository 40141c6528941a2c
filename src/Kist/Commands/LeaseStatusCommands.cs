using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands;

/// <summary><c>lease list, status</c>: which leases there are, and what became of those that should have ended.</summary>
internal static class LeaseStatusCommands
{
    private static readonly string[] SweepHeader = ["Revoking below", "Force", "Since", "Until", "Revoked", "Failed", "Last error"];
    private static readonly string[] IrrevocableHeader = ["Irrevocable lease", "Mount", "Error"];

    public static Command List => new("lease list", "Lists leases below a path.", ListAsync)
    {
        Arguments = "[PATH]",
        Description = "Names that end in / have more below them. Needs the sudo capability.",
        Shows = Shows.Format,
        Example = new("See what is leased below a path", "lease list auth/token/create"),
    };

    public static Command Status => new("lease status", "Shows how many leases there are, and which could not be revoked.", StatusAsync)
    {
        Description = "Shows the leases by mount, those that wait to be revoked (overdue), revocations by prefix with their progress, and leases that could "
            + "not be revoked. Needs the sudo capability.",
        Shows = Shows.Format,
        Example = new("See whether anything waits to be revoked", "lease status"),
    };

    private static async Task<int> ListAsync(Invocation call, CancellationToken cancellation)
    {
        var path = call.Argument(0)?.Trim('/') ?? "";
        return ListCommands.Show(call, await call.SendAsync(ApiRequest.List($"sys/leases/lookup/{path}"), cancellation), path);
    }

    private static async Task<int> StatusAsync(Invocation call, CancellationToken cancellation)
    {
        var count = await DataAsync(call, ApiRequest.Read("sys/leases/count"), cancellation);
        var overdue = await DataAsync(call, ApiRequest.Read("sys/leases/count", new KeyValuePair<string, string>("type", "overdue")), cancellation);
        var sweeps = await DataAsync(call, ApiRequest.Read("sys/leases/sweeps"), cancellation);
        var irrevocable = await DataAsync(call, ApiRequest.Read("sys/leases", new KeyValuePair<string, string>("type", "irrevocable")), cancellation);
        var document = new JsonObject
        {
            ["lease_count"] = Node(count, "lease_count"),
            ["counts"] = Node(count, "counts"),
            ["overdue"] = Node(overdue, "lease_count"),
            ["sweeps"] = Node(sweeps, "sweeps"),
            ["irrevocable"] = Node(irrevocable, "leases"),
        };
        var shown = JsonText.ToElement(document);
        return call.Output.Document(shown, () => Render(shown));
    }

    private static async Task<JsonElement> DataAsync(Invocation call, ApiRequest request, CancellationToken cancellation)
    {
        var response = await call.DemandAsync(request, cancellation);
        call.Output.Warn(response);
        return response.Data ?? default;
    }

    private static JsonNode? Node(JsonElement data, string name) => data.Field(name) is { } field ? JsonNode.Parse(field.GetRawText()) : null;

    private static string Render(JsonElement status)
    {
        var rows = new List<IReadOnlyList<string>> { SecretTable.Row("leases", Text(status.Field("lease_count"))) };
        foreach (var mount in status.Object("counts") is { } counts ? GoText.Sorted(counts) : [])
            rows.Add(SecretTable.Row("of " + (mount.Name.Length > 0 ? mount.Name : "mounts that are gone"), GoText.Format(mount.Value)));
        rows.Add(SecretTable.Row("overdue", Text(status.Field("overdue"))));
        var irrevocable = Items(status, "irrevocable");
        rows.Add(SecretTable.Row("irrevocable", irrevocable.Count.ToString(CultureInfo.InvariantCulture)));
        var parts = new List<string> { Output.KeyValues(rows) };
        var sweeps = Items(status, "sweeps");
        if (sweeps.Count > 0)
            parts.Add(TableText.Render(SweepHeader, sweeps.Select(Sweep)));
        if (irrevocable.Count > 0)
            parts.Add(TableText.Render(IrrevocableHeader, irrevocable.Select(Irrevocable)));
        return string.Join('\n', parts);
    }

    private static List<JsonElement> Items(JsonElement status, string name) =>
        status.Field(name) is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : [];

    private static IReadOnlyList<string> Sweep(JsonElement sweep) =>
    [
        sweep.Text("prefix") is { Length: > 0 } prefix ? prefix : "all",
        sweep.IsTrue("force") ? "true" : "false",
        sweep.Text("start_time") ?? "",
        sweep.Text("end_time") ?? "goes on",
        Text(sweep.Field("revoked")),
        Text(sweep.Field("failed")),
        sweep.Text("last_error") ?? "",
    ];

    private static IReadOnlyList<string> Irrevocable(JsonElement lease) =>
        [lease.Text("lease_id") ?? "", lease.Text("mount_id") ?? "", lease.Text("error") ?? ""];

    private static string Text(JsonElement? value) => value is { } found ? GoText.Format(found) : "";
}
