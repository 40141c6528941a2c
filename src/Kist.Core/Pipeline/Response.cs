using Kist.Core.Tokens;
using Kist.Core.Wrapping;

namespace Kist.Core.Pipeline;

/// <summary>The core's answer to a <see cref="Request"/>; a dialect turns it into bytes.</summary>
public sealed record Response
{
    /// <summary>Why there is no result, or null after a success.</summary>
    public Failure? Failure { get; init; }

    /// <summary>The typed body, or null.</summary>
    public object? Body { get; init; }

    /// <summary><see cref="Body"/> as UTF-8 JSON; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>How the dialect lays the body out.</summary>
    public ResponseShape Shape { get; init; }

    /// <summary>Hints to the caller that are no failures.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The body tells of something that is gone (a deleted version): dialects answer as for "not found", with the body.</summary>
    public bool Gone { get; init; }

    /// <summary>Set when the body tells of parts of a batch that failed: dialects answer as for an invalid request, with the body.</summary>
    public PartialFailure? PartialFailure { get; init; }

    /// <summary>How long the body may be relied on, or null.</summary>
    public LeaseInfo? Lease { get; init; }

    /// <summary>A token that was issued, or null.</summary>
    public IssuedToken? Auth { get; init; }

    /// <summary>Set when the answer was wrapped; then <see cref="Data"/> and <see cref="Auth"/> are empty.</summary>
    public WrapInfo? Wrap { get; init; }

    /// <summary>The type of the mount that answered (<c>kv</c>), or empty.</summary>
    public string MountType { get; init; } = "";

    /// <summary>The revision of the request's last commit, for <c>X-Vault-Index</c>; 0 when it wrote nothing.</summary>
    public long Index { get; init; }

    /// <summary>Says only whether it is a failure: a body may be secret.</summary>
    public override string ToString() => Failure?.ToString() ?? "success";
}

/// <summary>Some or all parts of a batch failed, each with its own reason in the body.</summary>
/// <param name="Code">What the client asked its dialect to answer then (Vault's <c>partial_failure_response_code</c>); null for the dialect's own.</param>
public readonly record struct PartialFailure(int? Code);

/// <summary>How a dialect lays out a response body.</summary>
public enum ResponseShape
{
    /// <summary>Inside the envelope, under <c>data</c>.</summary>
    Enveloped,

    /// <summary>Under <c>data</c>, and its fields again at the top (older sys paths).</summary>
    AlsoAtTop,

    /// <summary>The body alone, without an envelope (<c>sys/health</c>, <c>sys/seal-status</c>).</summary>
    Bare,
}

/// <summary>A body that is not JSON (Prometheus metrics) or is passed on as it is.</summary>
public sealed record TextBody(string ContentType, ReadOnlyMemory<byte> Content);

/// <summary>The lease of a body.</summary>
/// <param name="Id">Empty for a body that nobody needs to revoke (KV version 1).</param>
/// <param name="Duration">How long it holds.</param>
/// <param name="Renewable">True when it can be renewed.</param>
public sealed record LeaseInfo(string Id, TimeSpan Duration, bool Renewable);
