using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Operator;

/// <summary><c>operator init</c>.</summary>
internal static class OperatorInitCommand
{
    private static readonly Flag KeyShares = Flag.Number("key-shares", "count", "How many shares of the unseal key to make. Default 5.");
    private static readonly Flag KeyThreshold = Flag.Number("key-threshold", "count", "How many of them unseal the server. Default 3.");
    private static readonly Flag RecoveryShares = Flag.Number(
        "recovery-shares", "count", "How many recovery shares to make, with an auto-unseal seal. Default 5.");
    private static readonly Flag RecoveryThreshold = Flag.Number("recovery-threshold", "count", "How many of them are needed. Default 3.");
    private static readonly Flag Status = Flag.Switch("status", "Only say whether the server is initialised: exit code 0 if so, 2 if not, 1 if it does not answer.");

    public static Command Init => new("operator init", "Initialises a new server: makes its keys and its first root token.", RunAsync)
    {
        Description = "What it prints exists nowhere else. Give each share to another person, "
            + "and revoke the root token when the first policies stand.",
        Flags = [KeyShares, KeyThreshold, RecoveryShares, RecoveryThreshold, Status],
        Shows = Shows.Fields,
        FailureCode = static given => given.Switch(Status) ? ExitCode.Usage : ExitCode.Failed,
        Example = new("Make three shares, two of which unseal", "operator init -key-shares=3 -key-threshold=2"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        if (call.Switch(Status))
            return await StatusAsync(call, cancellation);
        var seal = (await call.Client.SendAsync(ApiRequest.Read("sys/seal-status") with { WithoutNamespace = true }, cancellation)).EnsureSuccess();
        var recovery = seal.Json?.IsTrue("recovery_seal") == true;
        var request = ApiRequest.Write("sys/init", Body(call, recovery)) with { WithoutNamespace = true };
        var answer = await call.DemandAsync(request, cancellation);
        call.Output.Warn(answer);
        var result = Result(call, answer.Json ?? default, recovery);
        return call.Output.Field is { } field
            ? call.Output.ShowField(result.Field(field))
            : call.Output.Document(result, () => Table(result, recovery));
    }

    private static async Task<int> StatusAsync(Invocation call, CancellationToken cancellation)
    {
        var answer = await call.DemandAsync(ApiRequest.Read("sys/init") with { WithoutNamespace = true }, cancellation);
        var initialized = answer.Json?.IsTrue("initialized") == true;
        call.Output.Document(answer.Json ?? default, () => $"The server is {(initialized ? "" : "not ")}initialized\n");
        return initialized ? ExitCode.Done : ExitCode.Failed;
    }

    private static JsonObject Body(Invocation call, bool recovery) => recovery
        ? new JsonObject { ["recovery_shares"] = Shares(call, true), ["recovery_threshold"] = Threshold(call, true) }
        : new JsonObject { ["secret_shares"] = Shares(call, false), ["secret_threshold"] = Threshold(call, false) };

    private static long Shares(Invocation call, bool recovery) => call.Number(recovery ? RecoveryShares : KeyShares) ?? 5;

    private static long Threshold(Invocation call, bool recovery) =>
        call.Number(recovery ? RecoveryThreshold : KeyThreshold) ?? Math.Min(3, Shares(call, recovery));

    /// <summary>The form in which Vault's program prints it, which scripts read.</summary>
    private static JsonElement Result(Invocation call, JsonElement answer, bool recovery)
    {
        var result = new JsonObject
        {
            ["unseal_keys_b64"] = Texts(answer, "keys_base64"),
            ["unseal_keys_hex"] = Texts(answer, "keys"),
            ["unseal_shares"] = recovery ? 0 : Shares(call, false),
            ["unseal_threshold"] = recovery ? 0 : Threshold(call, false),
            ["recovery_keys_b64"] = Texts(answer, "recovery_keys_base64"),
            ["recovery_keys_hex"] = Texts(answer, "recovery_keys"),
            ["recovery_keys_shares"] = recovery ? Shares(call, true) : 0,
            ["recovery_keys_threshold"] = recovery ? Threshold(call, true) : 0,
            ["root_token"] = answer.Text("root_token"),
        };
        if (answer.Texts("warnings").Count > 0)
            result["warnings"] = Texts(answer, "warnings");
        return JsonText.ToElement(result);
    }

    private static JsonArray Texts(JsonElement answer, string name) => JsonText.Array(answer.Texts(name));

    private static string Table(JsonElement result, bool recovery)
    {
        var keys = result.Texts(recovery ? "recovery_keys_b64" : "unseal_keys_b64");
        var threshold = result.Number(recovery ? "recovery_keys_threshold" : "unseal_threshold");
        var lines = keys.Select((key, at) => $"{(recovery ? "Recovery" : "Unseal")} Key {at + 1}: {key}\n");
        var advice = recovery
            ? "can make root tokens and new keys; the seal unseals the server by itself"
            : "unseal the server, and without them its data is lost";
        return $"""
            {string.Concat(lines)}
            Initial Root Token: {result.Text("root_token")}

            This is shown once. Give each of the {keys.Count} shares to another person: any {threshold} together {advice}.

            """;
    }
}
