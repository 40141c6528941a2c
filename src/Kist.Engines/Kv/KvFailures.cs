using Kist.Core;

namespace Kist.Engines.Kv;

/// <summary>The engine's failures that several endpoints share. Messages that clients search for are Vault's.</summary>
internal static class KvFailures
{
    /// <summary>Largest stored entry, in bytes.</summary>
    public const int EntryBytes = 1 << 20;

    /// <summary>The <c>cas</c> option is not the current version.</summary>
    public static Failure VersionConflict { get; } =
        Failure.Conflict("kv.version_conflict", "check-and-set parameter did not match the current version");

    /// <summary>The mount or the secret wants the <c>cas</c> option.</summary>
    public static Failure CasRequired { get; } = Failure.Invalid("kv.cas_required", "check-and-set parameter required for this call");

    /// <summary>A write without <c>data</c>.</summary>
    public static Failure NoData { get; } = Failure.Invalid("kv.no_data", "no data provided");

    /// <summary><c>data</c> is a JSON value of another kind.</summary>
    public static Failure DataNotObject { get; } = Failure.Invalid("kv.invalid_data", "field \"data\": expected an object");

    /// <summary>A body without fields (v1).</summary>
    public static Failure NoFields { get; } = Failure.Invalid("kv.no_data", "missing data fields");

    /// <summary>A request about versions that names none.</summary>
    public static Failure NoVersions { get; } = Failure.Invalid("kv.no_versions", "no version number provided");

    /// <summary>A version below 0.</summary>
    public static Failure InvalidVersion { get; } =
        Failure.Invalid("kv.invalid_version", "field \"version\": must be a version number, or 0 for the latest version");

    /// <summary>A secret that does not fit an entry.</summary>
    public static Failure TooLarge { get; } =
        new(FailureKind.TooLarge, "kv.too_large", $"the secret is larger than {EntryBytes} bytes: split it over several paths");
}
