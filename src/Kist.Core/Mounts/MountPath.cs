namespace Kist.Core.Mounts;

/// <summary>Rules for the paths of mounts.</summary>
internal static class MountPath
{
    private static readonly string[] Reserved = ["sys/", "auth/", "cubbyhole/", "identity/"];

    /// <summary>The full path with trailing slash, or why it cannot be one. Auth methods live under <c>auth/</c>.</summary>
    public static Outcome<string> Normalise(string path, MountKind kind)
    {
        var trimmed = path.Trim('/');
        if (trimmed.Length is 0 or > 256)
            return Failure.Invalid("mount.invalid_path", "a mount path has 1 to 256 characters");
        if (trimmed.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '*' or '+' or '%' or '?' or '#' or '\\'))
            return Failure.Invalid("mount.invalid_path", $"mount path \"{trimmed}\": spaces, control characters and any of *+%?#\\ are not allowed");
        if (trimmed.Split('/').Any(segment => segment is "" or "." or ".."))
            return Failure.Invalid("mount.invalid_path", $"mount path \"{trimmed}\": empty, \".\" and \"..\" segments are not allowed");
        var full = trimmed + "/";
        if (kind == MountKind.Auth)
            return "auth/" + full;
        var reserved = Array.Find(Reserved, r => full.StartsWith(r, StringComparison.Ordinal));
        return reserved is null ? full : Failure.Invalid("mount.reserved_path", $"cannot mount at \"{full}\": \"{reserved}\" is reserved");
    }
}
