using System.Buffers;
using Kist.Core;

namespace Kist.Auth.AppRole;

/// <summary>What may name a role: ASCII letters, digits and underscores, inside also spaces, hyphens and dots. Upper and lower case are the same.</summary>
internal static class RoleName
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 1024;

    private static readonly SearchValues<char> Ends = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> Inside = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_ -.");

    private static readonly Failure Invalid = Failure.Invalid(
        "approle.invalid_name",
        $"the name of a role has 1 to {MaxLength} letters, digits and underscores, with spaces, hyphens and dots between them");

    /// <summary>The name as it is stored, in lower case.</summary>
    public static Outcome<string> Parse(string name) =>
        name.Length is > 0 and <= MaxLength && Ends.Contains(name[0]) && Ends.Contains(name[^1]) && !name.AsSpan().ContainsAnyExcept(Inside)
            ? name.ToLowerInvariant()
            : Invalid;
}
