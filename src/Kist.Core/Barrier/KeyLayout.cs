using System.Buffers.Binary;
using System.Text;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>
/// Where everything stands in the store. A key is
/// <code>generation (4) | namespace id (8) | mount id (8) | path (UTF-8)</code>
/// with numbers in big endian, so that a generation, a namespace and a mount are each one range.
/// <list type="bullet">
/// <item>Generation 0 holds what is needed to unseal, not encrypted by the barrier: <c>state</c> (JSON: the current generation and the seal mark),
/// <c>seal</c> (JSON: how the root key is protected) and each namespace's <c>keyring</c> (encrypted under the root key).</item>
/// <item>Other generations hold values encrypted under the namespace's keyring. A restore writes a new generation, then flips <c>state</c>.</item>
/// <item>Mount 0 is the namespace's own data. Mount 0xFFFFFFFFFFFFFFFF holds nothing: its keys bind self-contained tokens.</item>
/// </list>
/// Additional data of an encrypted value is its key without the generation, so a restore re-encrypts nothing.
/// </summary>
internal static class KeyLayout
{
    public const uint FirstGeneration = 1;
    public const ulong SystemMount = 0;

    private const uint BootstrapGeneration = 0;
    private const ulong TokenMount = ulong.MaxValue;
    private const int GenerationBytes = sizeof(uint);
    private const int PathOffset = GenerationBytes + sizeof(ulong) + sizeof(ulong);

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The current generation and the seal mark.</summary>
    public static StoreKey State { get; } = Bootstrap(NamespaceId.Root, "state");

    /// <summary>How the root key is protected.</summary>
    public static StoreKey Seal { get; } = Bootstrap(NamespaceId.Root, "seal");

    /// <summary>The root namespace's keyring.</summary>
    public static StoreKey RootKeyring { get; } = Keyring(NamespaceId.Root);

    /// <summary>The start of all bootstrap keys of the root namespace.</summary>
    public static StoreKey RootBootstrap { get; } = Bootstrap(NamespaceId.Root, "");

    /// <summary>
    /// The root key, encrypted like any value: by it a rekey reaches the nodes that are unsealed and know the term. (Who has a term's key alone has the later
    /// ones by it too, once he also has the store.)
    /// </summary>
    public static StoreKey NextRootKey(uint generation) => Key(generation, NamespaceId.Root, SystemMount, "core/", "root-key");

    /// <summary>The keyring of a namespace.</summary>
    public static StoreKey Keyring(NamespaceId ns) => Bootstrap(ns, "keyring");

    /// <summary>The key of <paramref name="path"/> in a view, or of the view's folder when that is empty.</summary>
    /// <exception cref="ArgumentException">Too long, or not valid Unicode.</exception>
    public static StoreKey Entry(uint generation, StorageView view, string path) => Key(generation, view.Namespace, view.MountId, view.Prefix, path);

    /// <summary>The path of an entry relative to a view.</summary>
    public static string PathIn(StorageView view, StoreKey key) => Utf8.GetString(key.Span[(PathOffset + Utf8.GetByteCount(view.Prefix))..]);

    /// <summary>The mount and the path in it of an entry of the data of a mount; false for keys of the system itself.</summary>
    public static bool TryReadMount(StoreKey key, out ulong mount, out string path)
    {
        (mount, path) = (SystemMount, "");
        if (key.Span.Length <= PathOffset || BinaryPrimitives.ReadUInt32BigEndian(key.Span) == BootstrapGeneration)
            return false;
        mount = BinaryPrimitives.ReadUInt64BigEndian(key.Span[(GenerationBytes + sizeof(ulong))..]);
        if (mount is SystemMount or TokenMount)
            return false;
        path = Encoding.UTF8.GetString(key.Span[PathOffset..]);
        return true;
    }

    /// <summary>What binds a value to its place.</summary>
    public static ReadOnlySpan<byte> AssociatedData(StoreKey key) => key.Span[GenerationBytes..];

    /// <summary>Where nothing is ever stored: binds a self-contained token to its namespace and purpose.</summary>
    public static StoreKey Token(NamespaceId ns, string purpose) => Key(BootstrapGeneration, ns, TokenMount, "", purpose);

    /// <summary>
    /// What precedes a secret that is hashed for a view: a zero byte, which begins no token, namespace and mount, the folder's length and the folder.
    /// </summary>
    public static byte[] HashPlace(StorageView view)
    {
        var folderBytes = Utf8.GetByteCount(view.Prefix);
        var place = new byte[1 + (2 * sizeof(ulong)) + sizeof(int) + folderBytes];
        BinaryPrimitives.WriteUInt64BigEndian(place.AsSpan(1), view.Namespace.Value);
        BinaryPrimitives.WriteUInt64BigEndian(place.AsSpan(1 + sizeof(ulong)), view.MountId);
        BinaryPrimitives.WriteInt32BigEndian(place.AsSpan(1 + (2 * sizeof(ulong))), folderBytes);
        Utf8.GetBytes(view.Prefix, place.AsSpan(1 + (2 * sizeof(ulong)) + sizeof(int)));
        return place;
    }

    /// <summary>For messages: <c>entry "policy/app" of mount 3 in namespace root</c>.</summary>
    public static string Describe(StoreKey key)
    {
        if (key.Span.Length < PathOffset)
            return $"entry \"{key}\"";
        var ns = new NamespaceId(BinaryPrimitives.ReadUInt64BigEndian(key.Span[GenerationBytes..]));
        var mount = BinaryPrimitives.ReadUInt64BigEndian(key.Span[(GenerationBytes + sizeof(ulong))..]);
        return $"entry \"{Encoding.UTF8.GetString(key.Span[PathOffset..])}\" of mount {mount:x} in namespace {ns}";
    }

    private static StoreKey Bootstrap(NamespaceId ns, string name) => Key(BootstrapGeneration, ns, SystemMount, "", name);

    private static StoreKey Key(uint generation, NamespaceId ns, ulong mount, string folder, string path)
    {
        var folderBytes = Utf8.GetByteCount(folder);
        var key = new byte[PathOffset + folderBytes + Utf8.GetByteCount(path)];
        BinaryPrimitives.WriteUInt32BigEndian(key, generation);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(GenerationBytes), ns.Value);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(GenerationBytes + sizeof(ulong)), mount);
        Utf8.GetBytes(folder, key.AsSpan(PathOffset));
        Utf8.GetBytes(path, key.AsSpan(PathOffset + folderBytes));
        return new StoreKey(key);
    }
}
