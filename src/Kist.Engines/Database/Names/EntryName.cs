using Kist.Core.Tokens;

namespace Kist.Engines.Database.Names;

/// <summary>What may name a connection or role.</summary>
internal static class EntryName
{
    /// <summary>Longest name.</summary>
    public const int MaxLength = 256;

    /// <summary>Letters, digits, <c>_</c>, and between them <c>-</c> and <c>.</c>.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && TokenRoles.IsName(name);
}
