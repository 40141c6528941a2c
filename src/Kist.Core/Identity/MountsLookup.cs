using System.Globalization;
using Kist.Core.Mounts;

namespace Kist.Core.Identity;

/// <summary>The mount table as of this node's view of the store.</summary>
public delegate ValueTask<MountTable> MountsLookup(CancellationToken cancellationToken);

/// <summary>What a table says of the mounts of aliases.</summary>
internal static class MountsOfAliases
{
    /// <summary>The mount's path now; empty when the mount is gone.</summary>
    public static string PathOf(this MountTable table, string mount) => table.ById(IdOf(mount))?.Path ?? "";

    /// <summary>A mount's id from the form in which it is stored.</summary>
    public static ulong IdOf(string mount) => ulong.Parse(mount, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
