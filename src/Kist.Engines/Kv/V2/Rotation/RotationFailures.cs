using Kist.Core;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>The failures of rotation.</summary>
internal static class RotationFailures
{
    /// <summary>The path has no rule.</summary>
    public static Failure NoRule { get; } =
        Failure.NotFound("kv.no_rotation", "the path has no rotation rule: write one to rotation/<path> first");

    /// <summary>Another node or request is at it.</summary>
    public static Failure Running { get; } = Failure.Conflict(
        "kv.rotation_running", "a rotation of this secret is under way; what a crash has left is taken up within two minutes");

    /// <summary>The rule was changed or deleted while its rotation was at work.</summary>
    public static Failure Changed { get; } =
        Failure.Conflict("kv.rotation_changed", "the rotation rule was changed meanwhile; read it before you try again");

    /// <summary>The store did not say how a commit ended.</summary>
    public static Failure UnknownOutcome { get; } = Failure.Unavailable(
        "store.unknown_outcome", "the store did not confirm the change, which may have been made: read rotation/<path> before you try again");

    /// <summary>A rule that cannot be.</summary>
    public static Failure Invalid(string what) => Failure.Invalid("kv.invalid_rotation", what);

    /// <summary>An attempt that failed and comes again.</summary>
    public static Failure Failed(string reason, string next) =>
        Failure.Unavailable("kv.rotation_failed", $"{reason}; it is tried again {next}, or at once by rotate/<path>");
}
