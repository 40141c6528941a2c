namespace Kist.Core.Audit;

/// <summary>The names devices are enabled under.</summary>
internal static class AuditPath
{
    private const int Longest = 128;

    /// <summary>Without a leading slash and with a trailing one.</summary>
    public static string Normalise(string path) => path.Trim('/') + "/";

    /// <summary>Null when it can be a device's name.</summary>
    public static Failure? Check(string path)
    {
        var name = path.AsSpan(0, path.Length - 1);
        if (name.Length is 0 or > Longest)
            return Failure.Invalid("audit.invalid_path", $"an audit device's path has 1 to {Longest} characters");
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '/'))
                return Failure.Invalid("audit.invalid_path", $"audit device path \"{path}\": use letters, digits, '-', '_', '.' and '/'");
        }
        return path.Contains("//", StringComparison.Ordinal) ? Failure.Invalid("audit.invalid_path", $"audit device path \"{path}\" has an empty segment") : null;
    }
}
