using System.Runtime.InteropServices;

namespace Kist.Core.Watching;

/// <summary>Something at a path was written or deleted. It says nothing of what.</summary>
/// <param name="Mount">The mount's id.</param>
/// <param name="MountPath">The mount's path then.</param>
/// <param name="Relative">The path below the mount, as the API names it: <c>data/app/db</c>.</param>
/// <param name="Index">The revision of the commit.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PathChange(ulong Mount, string MountPath, string Relative, long Index)
{
    /// <summary>The whole path.</summary>
    public string Path { get; } = MountPath + Relative;
}
