using System.ComponentModel;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Starts an attempt.</summary>
public sealed record GenerateRootRequest
{
    /// <summary>The one-time pad.</summary>
    [Description("A one-time pad of otp_length characters; the server makes one if there is none.")]
    public SecretText? Otp { get; set; }

    /// <summary>Sent by clients; not supported.</summary>
    [Description("Not supported; must be empty.")]
    public string PgpKey { get; set; } = "";
}

/// <summary>One share of an attempt.</summary>
public sealed record GenerateRootUpdateRequest
{
    /// <summary>The share.</summary>
    [Description("One key share (a recovery share with auto-unseal), hexadecimal or base64.")]
    public SecretText? Key { get; set; }

    /// <summary>Names the attempt.</summary>
    [Description("The nonce of the attempt.")]
    public string Nonce { get; set; } = "";
}

/// <summary>The state of an attempt.</summary>
public sealed record GenerateRootResponse
{
    /// <summary>True while one is in progress.</summary>
    public bool Started { get; init; }

    /// <summary>Names it.</summary>
    public string Nonce { get; init; } = "";

    /// <summary>Shares given so far.</summary>
    public int Progress { get; init; }

    /// <summary>Shares needed.</summary>
    public int Required { get; init; }

    /// <summary>True with the last share's answer.</summary>
    public bool Complete { get; init; }

    /// <summary>The root token XOR the pad, base64 without padding.</summary>
    public SecretText EncodedToken { get; init; } = new("");

    /// <summary>The same.</summary>
    public SecretText EncodedRootToken { get; init; } = new("");

    /// <summary>Always empty.</summary>
    public string PgpFingerprint { get; init; } = "";

    /// <summary>The pad, if the server made it; shown once.</summary>
    public SecretText Otp { get; init; } = new("");

    /// <summary>Characters of a pad.</summary>
    public int OtpLength { get; init; }
}

/// <summary><c>sys/generate-root</c>, and its newer name <c>sys/generate-root-token</c>.</summary>
internal sealed class GenerateRootRoutes(Node node)
{
    private readonly GenerateRoot attempt = new(node);

    public void Add(RouteMap map)
    {
        foreach (var path in new[] { "generate-root", "generate-root-token" })
        {
            map.Read<Nothing, GenerateRootResponse>(path + "/attempt", StatusAsync, "Tell how far a root generation is.")
                .AllowUnauthenticated().Answers(ResponseShape.Bare);
            map.Write<GenerateRootRequest, GenerateRootResponse>(path + "/attempt", StartAsync, "Start a root generation.")
                .AllowUnauthenticated().Answers(ResponseShape.Bare);
            map.Delete<Nothing, Nothing>(path + "/attempt", CancelAsync, "Cancel the root generation.").AllowUnauthenticated();
            map.Write<GenerateRootUpdateRequest, GenerateRootResponse>(path + "/update", UpdateAsync, "Give one key share to the root generation.")
                .AllowUnauthenticated().Answers(ResponseShape.Bare);
        }
    }

    private async ValueTask<Outcome<GenerateRootResponse>> StatusAsync(Nothing request, RequestContext context, CancellationToken ct) => await ShowAsync(ct);

    private async ValueTask<Outcome<GenerateRootResponse>> StartAsync(GenerateRootRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.PgpKey.Length > 0)
            return Failure.Invalid("generate_root.pgp", "encryption with a PGP key is not supported; use the one-time pad");
        var started = await attempt.StartAsync(request.Otp is { Utf8.Length: > 0 } otp ? otp : null, ct);
        if (!started.Succeeded)
            return started.Failure;
        return await ShowAsync(ct) with { Otp = started.Value ?? new SecretText("") };
    }

    private async ValueTask<Outcome<Nothing>> CancelAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        await attempt.CancelAsync(ct);
        return Outcome.Done;
    }

    private async ValueTask<Outcome<GenerateRootResponse>> UpdateAsync(GenerateRootUpdateRequest request, RequestContext context, CancellationToken ct)
    {
        var share = ShareText.Parse(request.Key);
        if (!share.Succeeded)
            return share.Failure;
        using (share.Value)
        {
            var added = await attempt.AddAsync(share.Value, request.Nonce, ct);
            if (!added.Succeeded)
                return added.Failure;
            var shown = await ShowAsync(ct);
            return added.Value.Utf8.IsEmpty
                ? shown
                : shown with { Complete = true, Progress = shown.Required, EncodedToken = added.Value, EncodedRootToken = added.Value };
        }
    }

    private async Task<GenerateRootResponse> ShowAsync(CancellationToken ct) => new()
    {
        Started = attempt.Started,
        Nonce = attempt.Nonce,
        Progress = attempt.Progress,
        Required = (await node.Seals.StatusAsync(ct)).Threshold,
        OtpLength = attempt.PadLength,
    };
}
