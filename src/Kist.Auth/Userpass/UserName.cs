using System.Buffers;
using Kist.Core;

namespace Kist.Auth.Userpass;

/// <summary>What may name a user: ASCII letters, digits, underscores, hyphens and dots. Upper and lower case are the same.</summary>
internal static class UserName
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 256;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    private static readonly Failure Invalid = Failure.Invalid(
        "userpass.invalid_name",
        $"a user name has 1 to {MaxLength} letters, digits, underscores, hyphens and dots; it does not begin with a hyphen or dot nor end with a dot");

    /// <summary>The name as it is stored, in lower case.</summary>
    public static Outcome<string> Parse(string name) =>
        name.Length is > 0 and <= MaxLength && name[0] is not ('-' or '.') && name[^1] != '.' && !name.AsSpan().ContainsAnyExcept(Allowed)
            ? name.ToLowerInvariant()
            : Invalid;
}
