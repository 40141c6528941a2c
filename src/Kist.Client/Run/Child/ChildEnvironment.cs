using System.Runtime.InteropServices;
using System.Text;

namespace Kist.Client.Run.Child;

/// <summary>
/// The child's environment: this process's as bytes, which need not be text, with variables put on top. It lies in memory that is wiped, and is
/// never made this process's own.
/// </summary>
public sealed class ChildEnvironment : IDisposable
{
    /// <summary>The longest variable that the kernel passes on (MAX_ARG_STRLEN), without the final NUL.</summary>
    public const int LongestVariable = 131_071;

    private readonly Dictionary<string, byte[]> variables = new(StringComparer.Ordinal);
    private readonly List<byte[]> inherited;

    /// <summary>With what is inherited, each <c>NAME=value</c>.</summary>
    public ChildEnvironment(IEnumerable<byte[]> inherited) => this.inherited = [.. inherited];

    /// <summary>Put on top so far, in order.</summary>
    public IEnumerable<string> Names => variables.Keys.Order(StringComparer.Ordinal);

    /// <summary>This process's environment.</summary>
    public static IReadOnlyList<byte[]> OfThisProcess()
    {
        var entries = new List<byte[]>();
        var table = Marshal.ReadIntPtr(NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "environ"));
        for (var place = table; table != 0 && Marshal.ReadIntPtr(place) is var entry and not 0; place += nint.Size)
        {
            var length = 0;
            while (Marshal.ReadByte(entry, length) != 0)
                length++;
            var bytes = new byte[length];
            Marshal.Copy(entry, bytes, 0, length);
            entries.Add(bytes);
        }
        return entries;
    }

    /// <summary>Puts a variable on top.</summary>
    /// <exception cref="RunException">No variable can have this name or value.</exception>
    public void Set(string name, ReadOnlySpan<byte> value)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0'))
            throw RunException.Usage($"\"{name}\" cannot be a variable's name");
        if (value.Contains((byte)0))
            throw RunException.Secret($"the value of {name} holds a NUL byte, which no variable can: give it as a file, with the tag !var:file");
        var entry = new byte[Encoding.UTF8.GetByteCount(name) + 1 + value.Length];
        if (entry.Length > LongestVariable)
        {
            throw RunException.Secret(
                $"the value of {name} has {value.Length:N0} bytes, and the system passes on at most {LongestVariable:N0} with the name: "
                + "give it as a file, with the tag !var:file");
        }
        var length = Encoding.UTF8.GetBytes(name, entry);
        entry[length] = (byte)'=';
        value.CopyTo(entry.AsSpan(length + 1));
        if (variables.Remove(name, out var earlier))
            Array.Clear(earlier);
        variables[name] = entry;
    }

    /// <summary>The value put on top under a name, or null.</summary>
    public ReadOnlyMemory<byte>? Find(string name) =>
        variables.TryGetValue(name, out var entry) ? entry.AsMemory(Encoding.UTF8.GetByteCount(name) + 1) : null;

    /// <summary>All entries, as the child gets them.</summary>
    public IReadOnlyList<byte[]> Entries()
    {
        var prefixes = variables.Keys.Select(static name => Encoding.UTF8.GetBytes(name + "=")).ToList();
        var covered = inherited.ToLookup(entry => Prefix(entry), ByteArrays.Instance);
        var own = prefixes.ToHashSet(ByteArrays.Instance);
        return [.. covered.Where(group => !own.Contains(group.Key)).SelectMany(static group => group), .. Names.Select(name => variables[name])];
    }

    /// <summary>Wipes what was put on top.</summary>
    public void Dispose()
    {
        foreach (var entry in variables.Values)
            Array.Clear(entry);
        variables.Clear();
    }

    private static byte[] Prefix(byte[] entry)
    {
        var at = Array.IndexOf(entry, (byte)'=');
        return at < 0 ? entry : entry[..(at + 1)];
    }

    private sealed class ByteArrays : IEqualityComparer<byte[]>
    {
        public static ByteArrays Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = new HashCode();
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
