using System.Diagnostics.CodeAnalysis;

namespace Kist.Core;

/// <summary>The closed set of expected failures. A dialect maps each to a status and body; a test walks all of them.</summary>
public enum FailureKind
{
    /// <summary>The request is malformed or has a value out of range.</summary>
    Invalid,

    /// <summary>No token, or one that is unknown, expired or revoked.</summary>
    Unauthenticated,

    /// <summary>The token's policies do not allow the request.</summary>
    Denied,

    /// <summary>Nothing stands at the path.</summary>
    NotFound,

    /// <summary>The path exists and does not support the operation.</summary>
    Unsupported,

    /// <summary>A precondition of the caller (such as a cas parameter) does not hold.</summary>
    Conflict,

    /// <summary>The store has not yet reached the index that the request requires.</summary>
    NotYetConsistent,

    /// <summary>The body or an entry exceeds its limit.</summary>
    TooLarge,

    /// <summary>A quota is exhausted.</summary>
    Throttled,

    /// <summary>The barrier is sealed.</summary>
    Sealed,

    /// <summary>The server has not been initialised.</summary>
    NotInitialized,

    /// <summary>A part that the request needs (store, audit device) does not answer, or a race was lost too often.</summary>
    Unavailable,

    /// <summary>A bug or broken infrastructure; the cause is in the server's log under the request id.</summary>
    Internal,
}

/// <summary>An expected failure: a kind, a permanent readable code (<c>kv.version_conflict</c>) and a message fit for the caller.</summary>
/// <param name="Kind">Decides the status of every dialect.</param>
/// <param name="Code">Permanent, for programs and documentation; never changes once released.</param>
/// <param name="Message">One sentence: what was wrong, with the offending field or path, and what to do. Never holds a secret.</param>
public sealed record Failure(FailureKind Kind, string Code, string Message)
{
    /// <summary>A malformed request.</summary>
    public static Failure Invalid(string code, string message) => new(FailureKind.Invalid, code, message);

    /// <summary>Nothing at the path. Without a message, dialects answer an empty error list.</summary>
    public static Failure NotFound(string code = "not_found", string message = "") => new(FailureKind.NotFound, code, message);

    /// <summary>Not allowed. One message for all reasons, so that a caller learns nothing of what exists.</summary>
    public static Failure Denied { get; } = new(FailureKind.Denied, "denied", "permission denied");

    /// <summary>A precondition of the caller does not hold.</summary>
    public static Failure Conflict(string code, string message) => new(FailureKind.Conflict, code, message);

    /// <summary>A needed part does not answer; the request may be tried again.</summary>
    public static Failure Unavailable(string code, string message) => new(FailureKind.Unavailable, code, message);
}

/// <summary>The value of an operation that answers nothing (204 in the Vault dialect).</summary>
public readonly record struct Nothing;

/// <summary>A result that is either a value or a <see cref="Failure"/>. Exceptions mean a bug or broken infrastructure instead.</summary>
public readonly struct Outcome<T>
{
    private readonly T? value;

    /// <summary>A success.</summary>
    public Outcome(T value) => this.value = value;

    /// <summary>A failure.</summary>
    public Outcome(Failure failure) => Failure = failure;

    /// <summary>The failure, or null after a success.</summary>
    public Failure? Failure { get; }

    /// <summary>True after a success.</summary>
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool Succeeded => Failure is null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">The outcome is a failure.</exception>
    public T Value => Failure is null ? value! : throw new InvalidOperationException($"no value: {Failure.Code}");

    /// <summary>Wraps a value.</summary>
    public static implicit operator Outcome<T>(T value) => new(value);

    /// <summary>Wraps a failure.</summary>
    public static implicit operator Outcome<T>(Failure failure) => new(failure);
}

/// <summary>Shorthand for outcomes without a value.</summary>
public static class Outcome
{
    /// <summary>Success without a value.</summary>
    public static Outcome<Nothing> Done { get; } = new(default(Nothing));
}
