namespace Kist.Core.Passwords;

/// <summary>Sets of characters by name.</summary>
public static class PasswordCharsets
{
    /// <summary>a to z.</summary>
    public const string Lower = "abcdefghijklmnopqrstuvwxyz";

    /// <summary>A to Z.</summary>
    public const string Upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>0 to 9.</summary>
    public const string Digits = "0123456789";

    /// <summary>
    /// Those that need no quoting in URLs, or at least not in most configuration files: no quotes, backslash, dollar, blank or brackets.
    /// </summary>
    public const string Symbols = "!#%*+,-.:=?@^_~";

    /// <summary>The names, in the order of help.</summary>
    public static IReadOnlyList<string> Names { get; } = ["lower", "upper", "digits", "symbols"];

    /// <summary>The set of that name, or null.</summary>
    public static string? Find(string name) => name switch
    {
        "lower" => Lower,
        "upper" => Upper,
        "digits" => Digits,
        "symbols" => Symbols,
        _ => null,
    };
}
