using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kist.Client.Agent.Templates;

/// <summary>To whom files belong.</summary>
public static partial class FileOwner
{
    /// <summary>Stands for whoever it is.</summary>
    public const uint Keep = uint.MaxValue;

    /// <summary>The number of a user given by name or number; <see cref="Keep"/> for none.</summary>
    /// <exception cref="IOException">There is no such user.</exception>
    public static uint User(string name) => Number(name, "/etc/passwd", "user");

    /// <summary>The number of a group given by name or number; <see cref="Keep"/> for none.</summary>
    /// <exception cref="IOException">There is no such group.</exception>
    public static uint Group(string name) => Number(name, "/etc/group", "group");

    /// <summary>As whom this process writes.</summary>
    public static uint Self() => EffectiveUser();

    /// <summary>Gives an open file to somebody.</summary>
    /// <returns>Whether the system let it.</returns>
    public static bool TryGive(SafeFileHandle file, uint user, uint group)
    {
        if (user == Keep && group == Keep)
            return true;
        return ChangeOwner(file, user, group) == 0;
    }

    /// <summary>Makes another name for a file.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    public static void Link(string path, string other)
    {
        if (MakeLink(path, other) != 0)
            throw new IOException($"cannot keep {path} as {other}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // The files that every system has; directories of users on the network are not asked.
    private static uint Number(string name, string table, string kind)
    {
        const int NumberField = 2;
        if (name.Length == 0)
            return Keep;
        if (uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != Keep)
            return number;
        foreach (var line in File.Exists(table) ? File.ReadLines(table) : [])
        {
            var fields = line.Split(':');
            if (fields.Length > NumberField && fields[0] == name
                && uint.TryParse(fields[NumberField], NumberStyles.None, CultureInfo.InvariantCulture, out var found))
                return found;
        }
        throw new IOException($"there is no {kind} \"{name}\" in {table}");
    }

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeLink(string path, string other);
}
