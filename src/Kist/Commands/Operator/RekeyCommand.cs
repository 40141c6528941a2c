using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client;
using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Commands.Rendering;

namespace Kist.Commands.Operator;

/// <summary><c>operator rekey</c>: replaces the shares of the unseal or recovery key.</summary>
internal static class RekeyCommand
{
    private static readonly Flag Target = Flag.Choice(
        "target", ["barrier", "recovery"], "Which key's shares to replace. Default barrier, the unseal key.");
    private static readonly Flag KeyShares = Flag.Number("key-shares", "count", "With -init: how many new shares to make. Default 5.");
    private static readonly Flag KeyThreshold = Flag.Number("key-threshold", "count", "With -init: how many of them are needed. Default 3.");
    private static readonly Flag Verify = Flag.Switch(
        "verify",
        "With -init: the new shares count only once enough are given back; -verify=false leaves that out. Without -init: give one back.");

    public static Command Rekey => new("operator rekey", "Replaces the shares of the unseal or recovery key.", RunAsync)
    {
        Arguments = "[SHARE]",
        Description = "One person begins with -init; enough people give their old shares; the last one gets the new shares, "
            + "which count once enough of them were given back with -verify. Called as vault, the last step is left out unless -init has -verify. "
            + "Without an argument, asks for the share; - reads it from standard input.",
        Flags =
        [
            AttemptFlags.Init, AttemptFlags.Status, AttemptFlags.Cancel, AttemptFlags.Nonce, Target, KeyShares, KeyThreshold, Verify,
        ],
        Shows = Shows.Fields,
        Example = new("Begin, for a team that has grown", "operator rekey -init -key-shares=7 -key-threshold=4"),
    };

    private static async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var root = call.Text(Target) == "recovery" ? "sys/rekey-recovery-key" : "sys/rekey";
        if (call.Switch(AttemptFlags.Init))
            return Show(call, await BeginAsync(call, root, cancellation));
        var step = call.Switch(Verify) ? "verify" : "init";
        if (call.Switch(AttemptFlags.Cancel))
        {
            await call.DemandAsync(ApiRequest.Delete($"{root}/{step}"), cancellation);
            return call.Output.Success("Canceled rekeying (if it was started)");
        }

        if (call.Switch(AttemptFlags.Status))
            return Show(call, await call.DemandAsync(ApiRequest.Read($"{root}/{step}"), cancellation));
        return Show(call, await GiveAsync(call, $"{root}/{step}", call.Switch(Verify) ? $"{root}/verify" : $"{root}/update", cancellation));
    }

    private static Task<ApiResponse> BeginAsync(Invocation call, string root, CancellationToken cancellation)
    {
        var shares = call.Number(KeyShares) ?? 5;
        var body = new JsonObject
        {
            ["secret_shares"] = shares,
            ["secret_threshold"] = call.Number(KeyThreshold) ?? Math.Min(3, shares),

            // New shares that nobody wrote down are as good as lost; scripts written for Vault's program do not know the further step.
            ["require_verification"] = call.Has(Verify) ? call.Switch(Verify) : !call.Host.ActsAsVault,
        };
        return call.DemandAsync(ApiRequest.Write($"{root}/init", body), cancellation);
    }

    private static async Task<ApiResponse> GiveAsync(Invocation call, string status, string update, CancellationToken cancellation)
    {
        var nonce = await AttemptFlags.NonceAsync(call, status, cancellation);
        using var share = await call.SecretAsync(call.Argument(0), "key share", cancellation);
        var body = new JsonObject { ["key"] = share.Reveal(), ["nonce"] = nonce };
        return await call.DemandAsync(ApiRequest.Write(update, body) with { BodyIsSecret = true }, cancellation);
    }

    private static int Show(Invocation call, ApiResponse response)
    {
        call.Output.Warn(response);
        var status = response.Json ?? default;
        return call.Output.Field is { } field
            ? call.Output.ShowField(status.Field(field))
            : call.Output.Document(status, () => status.Texts("keys_base64").Count > 0 ? Keys(call, response, status) : Output.KeyValues([.. Rows(status)]));
    }

    private static string Keys(Invocation call, ApiResponse response, JsonElement status)
    {
        var lines = status.Texts("keys_base64").Select(static (key, at) => $"Key {at + 1}: {key}\n");
        var target = call.Text(Target) is { } given ? $" {Target}={given}" : "";
        var advice = status.IsTrue("verification_required")
            ? "The new shares do not count yet and are shown once. Give each to another person and enough of them back: "
                + $"{call.Host.ProgramName} operator rekey -verify{target} -nonce={status.Text("verification_nonce")}"
            : "The old shares are void. Give each new share to another person; they are shown once.";

        // The server warns when it cannot tell whether the old or the new shares count.
        if (response.Warnings.Count > 0)
            advice = "The new shares are shown once. Keep the old ones too until it is known which of them count.";
        return $"{string.Concat(lines)}\nOperation nonce: {status.Text("nonce")}\n\n{advice}\n";
    }

    private static IEnumerable<IReadOnlyList<string>> Rows(JsonElement status)
    {
        foreach (var (title, field) in ((string, string)[])
        [
            ("Nonce", "nonce"), ("Started", "started"), ("Rekey Progress", "progress"), ("Required", "required"), ("New Shares", "n"),
            ("New Threshold", "t"), ("Complete", "complete"), ("Verification Required", "verification_required"),
            ("Verification Nonce", "verification_nonce"),
        ])
        {
            if (status.Field(field) is { } value)
                yield return SecretTable.Row(title, GoText.Format(value));
        }
    }
}
