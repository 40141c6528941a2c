using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands;

/// <summary><c>status</c>: whether the server is initialised and unsealed.</summary>
internal static class StatusCommand
{
    public static Command Status => new("status", "Shows whether the server is initialised and unsealed.", RunAsync)
    {
        Description = "Exits with 0 when the server is unsealed, 2 when it is sealed, 1 when it does not answer.",
        Shows = Shows.Fields,
        FailureCode = static _ => ExitCode.Usage,
        Example = new("Look at the seal from a script", "status -format=json"),
    };

    /// <summary>Shows an answer of <c>sys/seal-status</c> or <c>sys/unseal</c>.</summary>
    /// <param name="call">The call.</param>
    /// <param name="seal">The answer.</param>
    /// <param name="leader">The answer of <c>sys/leader</c>, or null.</param>
    /// <returns>0 unsealed, 2 sealed.</returns>
    public static int Show(Invocation call, JsonElement seal, JsonElement? leader)
    {
        if (call.Output.Field is { } field)
            call.Output.ShowField(seal.Field(field) ?? leader?.Field(field));
        else
            call.Output.Document(Together(seal, leader), () => Output.KeyValues([.. Rows(seal), .. LeaderRows(leader)]));
        return seal.IsTrue("sealed") ? ExitCode.Failed : ExitCode.Done;
    }

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var seal = await call.DemandAsync(ApiRequest.Read("sys/seal-status") with { WithoutNamespace = true }, cancellation);
        var leader = await call.Client.SendAsync(ApiRequest.Read("sys/leader") with { WithoutNamespace = true }, cancellation);
        return Show(call, seal.Json ?? default, leader.Succeeded ? leader.Json : null);
    }

    private static JsonElement Together(JsonElement seal, JsonElement? leader)
    {
        if (leader is null)
            return seal;
        var node = JsonObject.Create(seal)!;
        foreach (var property in leader.Value.EnumerateObject().Where(p => !node.ContainsKey(p.Name)))
            node[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        return JsonText.ToElement(node);
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(JsonElement seal)
    {
        var recovery = seal.IsTrue("recovery_seal") ? "Recovery " : "";
        yield return SecretTable.Row($"{recovery}Seal Type", Text(seal, "type"));
        yield return SecretTable.Row("Initialized", Text(seal, "initialized"));
        yield return SecretTable.Row("Sealed", Text(seal, "sealed"));
        yield return SecretTable.Row($"Total {recovery}Shares", Text(seal, "n"));
        yield return SecretTable.Row("Threshold", Text(seal, "t"));
        if (seal.IsTrue("sealed"))
        {
            yield return SecretTable.Row("Unseal Progress", $"{Text(seal, "progress")}/{Text(seal, "t")}");
            yield return SecretTable.Row("Unseal Nonce", seal.Text("nonce") is { Length: > 0 } nonce ? nonce : "n/a");
        }

        foreach (var (title, field) in ((string, string)[])
        [
            ("Version", "version"), ("Build Date", "build_date"), ("Storage Type", "storage_type"), ("Cluster Name", "cluster_name"),
            ("Cluster ID", "cluster_id"),
        ])
        {
            if (seal.Text(field) is { Length: > 0 } text)
                yield return SecretTable.Row(title, text);
        }
    }

    private static IEnumerable<IReadOnlyList<string>> LeaderRows(JsonElement? found)
    {
        if (found is not { } leader)
            yield break;
        yield return SecretTable.Row("HA Enabled", Text(leader, "ha_enabled"));
        if (!leader.IsTrue("ha_enabled"))
            yield break;
        yield return SecretTable.Row("HA Mode", leader.IsTrue("is_self") ? "active" : "standby");
        if (leader.Text("leader_address") is { Length: > 0 } address)
            yield return SecretTable.Row("Active Node Address", address);
    }

    private static string Text(JsonElement of, string name) =>
        of.Field(name) is { } value ? GoText.Format(value) : 0.ToString(CultureInfo.InvariantCulture);
}
