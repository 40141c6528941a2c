using System.Buffers;
using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;

namespace Kist.Auth.Cert;

/// <summary>What may name a role or a revocation list: ASCII letters, digits and underscores, inside also dashes and dots. Case does not count.</summary>
internal static class CertName
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 256;

    private static readonly SearchValues<char> Ends = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> Inside = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.");

    private static readonly Failure Invalid = Failure.Invalid(
        "cert.invalid_name", $"a name has 1 to {MaxLength} letters, digits and underscores, with dashes and dots between them");

    /// <summary>The name as it is stored, or why it cannot be one.</summary>
    public static Outcome<string> Normal(string given)
    {
        var name = given.ToLowerInvariant();
        return name.Length is > 0 and <= MaxLength && Ends.Contains(name[0]) && Ends.Contains(name[^1]) && !name.AsSpan().ContainsAnyExcept(Inside)
            ? name
            : Invalid;
    }
}

internal sealed record NamedRequest
{
    [Description("Name; case does not count.")]
    [AuditPlain]
    public required string Name { get; init; }
}
