namespace Kist.Core.Mounts;

/// <summary>Failures of mounts that have more than one place.</summary>
internal static class MountFailures
{
    /// <summary>The code of <see cref="NotFound"/>.</summary>
    public const string NotFoundCode = "mount.not_found";

    /// <summary>The mount's data is being converted. The words are Vault's, which clients look for.</summary>
    public static Failure Upgrading { get; } = Failure.Invalid(
        "mount.upgrading",
        "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and will resume service shortly.");

    /// <summary>The mount was unmounted, mounted or converted while a request was under way.</summary>
    public static Failure Changed { get; } = Failure.Unavailable("mount.changed", "the mount changed while the request was under way; try again");

    /// <summary>Nothing is mounted there.</summary>
    public static Failure NotFound(string path) => Failure.Invalid(NotFoundCode, $"no mount at \"{path}\"");
}
