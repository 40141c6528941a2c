namespace Kist.Client.Templates.Functions;

/// <summary>The members of Go's named classes, of which ASCII characters alone count.</summary>
internal static class RegexClasses
{
    /// <summary>Of <c>\d</c>, <c>\W</c> and the like; null for other letters.</summary>
    public static string? Letter(char letter) => letter switch
    {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\f\\r ",
        'D' => "\\x00-/:-\\uFFFF",
        'W' => "\\x00-/:-@\\[-\\^`{-\\uFFFF",
        'S' => "\\x00-\\x08\\x0B\\x0E-\\x1F!-\\uFFFF",
        _ => null,
    };

    /// <summary>Of <c>[:alpha:]</c> and the like; null for an unknown name.</summary>
    public static string? Posix(string name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\x00-\\x7F",
        "blank" => "\\t ",
        "cntrl" => "\\x00-\\x1F\\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\t\\n\\v\\f\\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => null,
    };
}
