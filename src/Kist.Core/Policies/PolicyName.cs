namespace Kist.Core.Policies;

/// <summary>Names of policies: in lower case, so that <c>App</c> and <c>app</c> are one.</summary>
public static class PolicyName
{
    /// <summary>Everything is allowed; has no text.</summary>
    public const string Root = "root";

    /// <summary>Every token has it unless it was left out on purpose.</summary>
    public const string Default = "default";

    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 256;

    /// <summary>The form in which names are stored and compared.</summary>
    public static string Normalize(string name) => name.Trim().ToLowerInvariant();

    /// <summary>The normalised name, or a failure (<c>policy.invalid_name</c>).</summary>
    public static Outcome<string> Parse(string name)
    {
        var normal = Normalize(name);
        if (normal.Length is 0 or > MaxLength)
            return Failure.Invalid("policy.invalid_name", $"a policy name has 1 to {MaxLength} characters");
        // Commas separate names in lists; a dot segment or a double slash would be another path.
        if (!normal.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' or '@' or '+' or '=' or '/'))
            return Failure.Invalid("policy.invalid_name", "a policy name has only letters of a to z, digits and the characters -_.:@+=/");
        return normal.Split('/').Any(s => s is "" or "." or "..")
            ? Failure.Invalid("policy.invalid_name", "a policy name has no empty part and no dot part between its slashes")
            : normal;
    }
}
