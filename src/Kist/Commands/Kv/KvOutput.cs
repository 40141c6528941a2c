using System.Text;
using System.Text.Json;
using Kist.Client;
using Kist.Client.Kv;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Kv;

/// <summary>Shows secrets of key/value mounts in titled tables: path, metadata, data.</summary>
internal static class KvOutput
{
    /// <summary>Shows a secret that was read.</summary>
    public static int Secret(Invocation call, ApiResponse response, KvMount mount)
    {
        if (IsWrapped(response))
            return call.Output.Show(response);
        if (call.Output.Field is not null)
            return Field(call, response, mount);
        if (!call.Output.IsTable)
            return call.Output.Show(response);
        call.Output.Warn(response);
        call.Output.Write(mount.Version == 2 ? Versioned(response, mount) : Section("Data", response.Data ?? default));
        return ExitCode.Done;
    }

    /// <summary>Shows the answer to a write.</summary>
    public static int Written(Invocation call, ApiResponse response, KvMount mount)
    {
        var path = mount.ApiPath("data");
        if (response.Json is null)
            return call.Output.Success($"Data written to: {path}");
        if (!call.Output.IsTable || IsWrapped(response) || response.Data is not { } metadata)
            return call.Output.Show(response);
        call.Output.Warn(response);
        call.Output.Write(PathTitle("Secret Path", path) + Section("Metadata", metadata));
        return ExitCode.Done;
    }

    /// <summary>A path below a title of its width.</summary>
    public static string PathTitle(string title, string path) => $"{TableText.Banner(title, path.Length)}{path}\n\n";

    /// <summary>A titled table of an object's fields.</summary>
    public static string Section(string title, JsonElement fields)
    {
        var rows = Cells(fields).ToList();
        return TableText.Title(title, rows.Count == 0 ? 0 : rows.Max(static r => r[0].Length)) + Output.KeyValues(rows);
    }

    private static bool IsWrapped(ApiResponse response) => response.Json?.Object("wrap_info") is not null;

    private static string Versioned(ApiResponse response, KvMount mount)
    {
        var text = new StringBuilder(PathTitle("Secret Path", mount.ApiPath("data")));
        if (response.Data?.Object("metadata") is { } metadata)
            text.Append(Section("Metadata", metadata));
        if (response.Data?.Object("data") is { } data)
            text.Append('\n').Append(Section("Data", data));
        return text.ToString();
    }

    /// <summary>Fields mean the secret's own; <c>data</c> is the whole of it unless it has a key of that name.</summary>
    private static int Field(Invocation call, ApiResponse response, KvMount mount)
    {
        var data = mount.Version == 2 ? response.Data?.Object("data") : response.Data;
        if (data is not { } fields)
            throw ExitException.Failed($"No data found at {mount.ApiPath("data")}");
        return call.Output.ShowField(fields.Field(call.Output.Field!) ?? (call.Output.Field == "data" ? fields : null));
    }

    /// <summary>Rows as in Vault's: durations stay as they are, a deletion that is not planned is <c>n/a</c>.</summary>
    private static IEnumerable<IReadOnlyList<string>> Cells(JsonElement fields) =>
        fields.ValueKind == JsonValueKind.Object ? GoText.Sorted(fields).Select(static p => SecretTable.Row(p.Name, Cell(p))) : [];

    private static string Cell(JsonProperty field) =>
        (field.Name, GoText.Format(field.Value)) is ("deletion_time", "") ? "n/a" : GoText.Format(field.Value);
}
