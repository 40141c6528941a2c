using System.Buffers;
using Kist.Core;

namespace Kist.Engines.Transit.Keys;

/// <summary>What may name a key: ASCII letters, digits and underscores, inside also dashes and dots.</summary>
internal static class KeyName
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 256;

    private static readonly SearchValues<char> Ends = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> Inside = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    private static readonly Failure Invalid = Failure.Invalid(
        "transit.invalid_name",
        $"the name of a key has 1 to {MaxLength} letters, digits and underscores, with dashes and dots between them");

    /// <summary>Why <paramref name="name"/> cannot name a key, or null when it can.</summary>
    public static Failure? Check(string name) =>
        name.Length is > 0 and <= MaxLength && Ends.Contains(name[0]) && Ends.Contains(name[^1]) && !name.AsSpan().ContainsAnyExcept(Inside)
            ? null
            : Invalid;
}
