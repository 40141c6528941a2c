using System.Runtime.InteropServices;

namespace Kist.Hosting.Agent.Local;

/// <summary>The system calls that the local API needs and the base library lacks.</summary>
internal static partial class LocalCalls
{
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int ChangeOwner(string path, uint user, uint group);
}
