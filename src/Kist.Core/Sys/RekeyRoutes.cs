using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Seals;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Starts a rekey.</summary>
public sealed record RekeyRequest
{
    /// <summary>New shares.</summary>
    [Description("Number of new shares to make; 5 unless told.")]
    public int? SecretShares { get; set; }

    /// <summary>New shares that will be needed.</summary>
    [Description("Number of new shares that will be needed; 3 unless told.")]
    public int? SecretThreshold { get; set; }

    /// <summary>Keep the old shares until the new ones have been given back.</summary>
    [Description("True leaves the old shares in force until enough of the new ones were given back to rekey/verify.")]
    public bool RequireVerification { get; set; }

    /// <summary>Sent by clients; not supported.</summary>
    [Description("Not supported; must be empty.")]
    public IReadOnlyList<string>? PgpKeys { get; set; }

    /// <summary>Sent by clients; not supported.</summary>
    [Description("Not supported; must be false.")]
    public bool Backup { get; set; }
}

/// <summary>One share for a rekey or its verification.</summary>
public sealed record RekeyShareRequest
{
    /// <summary>The share.</summary>
    [Description("One share, hexadecimal or base64.")]
    public SecretText? Key { get; set; }

    /// <summary>Names the attempt or verification.</summary>
    [Description("The nonce of the rekey, or of its verification.")]
    public string Nonce { get; set; } = "";
}

/// <summary>The state of a rekey, and its result.</summary>
public sealed record RekeyResponse
{
    /// <summary>True while one is in progress.</summary>
    public bool Started { get; init; }

    /// <summary>Names it.</summary>
    public string Nonce { get; init; } = "";

    /// <summary>New shares that will be needed.</summary>
    public int T { get; init; }

    /// <summary>New shares to be made.</summary>
    public int N { get; init; }

    /// <summary>Present shares given so far.</summary>
    public int Progress { get; init; }

    /// <summary>Present shares needed.</summary>
    public int Required { get; init; }

    /// <summary>True with the last share's answer, which has the new shares.</summary>
    public bool Complete { get; init; }

    /// <summary>The new shares, hexadecimal, shown once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SecretText>? Keys { get; init; }

    /// <summary>The new shares, base64, shown once.</summary>
    [JsonPropertyName("keys_base64")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SecretText>? KeysBase64 { get; init; }

    /// <summary>Always empty.</summary>
    public IReadOnlyList<string> PgpFingerprints { get; init; } = [];

    /// <summary>Always false.</summary>
    public bool Backup { get; init; }

    /// <summary>True when the new shares count only once they were given back.</summary>
    public bool VerificationRequired { get; init; }

    /// <summary>Names the verification that waits for the new shares, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VerificationNonce { get; init; }

    /// <summary>Set when it is not known whether the new or the old shares are in force.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>The state of a verification.</summary>
public sealed record RekeyVerificationResponse
{
    /// <summary>True while new shares are waited for.</summary>
    public bool Started { get; init; }

    /// <summary>Names it.</summary>
    public string Nonce { get; init; } = "";

    /// <summary>New shares needed.</summary>
    public int T { get; init; }

    /// <summary>New shares that exist.</summary>
    public int N { get; init; }

    /// <summary>New shares given back so far.</summary>
    public int Progress { get; init; }

    /// <summary>True with the last share's answer: the new shares are in force.</summary>
    public bool Complete { get; init; }
}

/// <summary>
/// <c>sys/rekey</c> for the shares that unseal, <c>sys/rekey-recovery-key</c> for those of the recovery key: the shares themselves are the proof. Their newer
/// names, <c>sys/rotate/root</c> and <c>sys/rotate/recovery</c>, need a token besides and answer in the envelope. All are doors to one attempt of the node.
/// </summary>
internal sealed class RekeyRoutes(Node node, bool recovery)
{
    private const string Unconfirmed =
        "The store did not confirm the change. Keep the old and these new shares until one set has proven itself, for example by generate-root.";

    public void Add(RouteMap map)
    {
        AddAt(map, recovery ? "rekey-recovery-key" : "rekey", static route => route.AllowUnauthenticated().Answers(ResponseShape.Bare));
        AddAt(map, recovery ? "rotate/recovery" : "rotate/root", static route => route);
    }

    private void AddAt(RouteMap map, string path, Func<Route, Route> declare)
    {
        var what = recovery ? "recovery shares" : "unseal shares";
        declare(map.Read<Nothing, RekeyResponse>(path + "/init", StatusAsync, $"Tell how far replacing the {what} is."));
        declare(map.Write<RekeyRequest, RekeyResponse>(path + "/init", StartAsync, $"Start to replace the {what}."));
        declare(map.Delete<Nothing, Nothing>(path + "/init", Cancel, $"Cancel replacing the {what}; new ones that were not verified are void."));
        declare(map.Write<RekeyShareRequest, RekeyResponse>(
            path + "/update", UpdateAsync, "Give one present share; the last one needed is answered with the new shares.")).AnswersIrreplaceably();
        declare(map.Read<Nothing, RekeyVerificationResponse>(path + "/verify", VerificationStatus, "Tell how many new shares were given back."));
        declare(map.Write<RekeyShareRequest, RekeyVerificationResponse>(
            path + "/verify", VerifyAsync, "Give one new share back; the last one needed puts them into force."));
        declare(map.Delete<Nothing, RekeyVerificationResponse>(
            path + "/verify", RestartVerificationAsync, "Start the verification again, under another nonce."));
    }

    private async ValueTask<Outcome<RekeyResponse>> StatusAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var status = await PresentSharesAsync(ct);
        return status.Succeeded ? Show(node.Rekey.Status, status.Value) : status.Failure;
    }

    private async ValueTask<Outcome<RekeyResponse>> StartAsync(RekeyRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.PgpKeys is { Count: > 0 } || request.Backup)
            return Failure.Invalid("rekey.pgp", "encryption of shares with PGP keys is not supported; leave pgp_keys and backup out");
        var present = await PresentSharesAsync(ct);
        if (!present.Succeeded)
            return present.Failure;
        var shares = request.SecretShares ?? 5;
        var started = node.Rekey.Start(shares, request.SecretThreshold ?? Math.Min(3, shares), request.RequireVerification);
        return started.Succeeded ? Show(started.Value, present.Value) : started.Failure;
    }

    private ValueTask<Outcome<Nothing>> Cancel(Nothing request, RequestContext context, CancellationToken ct)
    {
        node.Rekey.Cancel();
        return new(Outcome.Done);
    }

    private async ValueTask<Outcome<RekeyResponse>> UpdateAsync(RekeyShareRequest request, RequestContext context, CancellationToken ct)
    {
        var present = await PresentSharesAsync(ct);
        if (!present.Succeeded)
            return present.Failure;
        var share = ShareText.Parse(request.Key);
        if (!share.Succeeded)
            return share.Failure;
        using (share.Value)
        {
            var step = await node.Rekey.ProvideAsync(share.Value, request.Nonce, ct);
            if (!step.Succeeded)
                return step.Failure;
            var shown = Show(step.Value.Status, present.Value);
            if (step.Value.NewShares is not { } made)
                return shown;
            node.Report(context.Request.Id, made.Trouble);
            if (!step.Value.Confirmed)
                context.Warn(Unconfirmed);
            var complete = shown with
            {
                Complete = true,
                Progress = present.Value.Threshold,
                Keys = [.. made.Shares.Select(ShareText.Hex)],
                KeysBase64 = [.. made.Shares.Select(ShareText.Base64)],
                Warnings = step.Value.Confirmed ? null : [Unconfirmed],
            };
            foreach (var key in made.Shares)
                key.Dispose();
            return complete;
        }
    }

    private ValueTask<Outcome<RekeyVerificationResponse>> VerificationStatus(Nothing request, RequestContext context, CancellationToken ct) =>
        new(ShowVerification(node.Rekey.Status));

    private async ValueTask<Outcome<RekeyVerificationResponse>> VerifyAsync(RekeyShareRequest request, RequestContext context, CancellationToken ct)
    {
        var share = ShareText.Parse(request.Key);
        if (!share.Succeeded)
            return share.Failure;
        using (share.Value)
        {
            var before = node.Rekey.Status;
            var verified = await node.Rekey.VerifyAsync(share.Value, request.Nonce, ct);
            if (!verified.Succeeded)
                return verified.Failure;
            return verified.Value
                ? ShowVerification(before) with { Complete = true, Progress = before.Threshold }
                : ShowVerification(node.Rekey.Status);
        }
    }

    private async ValueTask<Outcome<RekeyVerificationResponse>> RestartVerificationAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var status = await node.Rekey.RestartVerificationAsync(ct);
        return status.Succeeded ? ShowVerification(status.Value) : status.Failure;
    }

    private async ValueTask<Outcome<SealStatus>> PresentSharesAsync(CancellationToken ct)
    {
        var status = await node.Seals.StatusAsync(ct);
        if (status.RecoverySeal == recovery)
            return status;
        return Failure.Invalid("rekey.kind", recovery
            ? "this server has no recovery key: its shares unseal it; use sys/rekey"
            : "this server is unsealed by its seal, not by shares: use sys/rekey-recovery-key for its recovery shares");
    }

    private static RekeyResponse Show(RekeyStatus status, SealStatus present) => new()
    {
        Started = status.Nonce.Length > 0,
        Nonce = status.Nonce,
        T = status.Threshold,
        N = status.Shares,
        Progress = status.Progress,
        Required = present.Threshold,
        VerificationRequired = status.RequiresVerification,
        VerificationNonce = status.VerificationNonce.Length > 0 ? status.VerificationNonce : null,
    };

    private static RekeyVerificationResponse ShowVerification(RekeyStatus status) => new()
    {
        Started = status.VerificationNonce.Length > 0,
        Nonce = status.VerificationNonce,
        T = status.Threshold,
        N = status.Shares,
        Progress = status.VerificationProgress,
    };
}
