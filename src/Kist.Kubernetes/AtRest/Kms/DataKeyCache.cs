using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kist.Kubernetes.AtRest.Bodies;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>
/// Unwrapped seeds and data keys by what was wrapped, so that a plugin is asked about once for each API server process, not for each object. Bounded:
/// when it is full, it starts anew; what it drops is wiped once nobody uses it any more.
/// </summary>
internal sealed class DataKeyCache : IDisposable
{
    private const int MaxKeys = 1000;
    private readonly Lock gate = new();
    private readonly Dictionary<string, IBodyCipher> keys = new(StringComparer.Ordinal);

    public static string NameOf(EncryptedObject value)
    {
        // Each part with its length, so that no two values share a name.
        var parts = new ArrayBufferWriter<byte>(512);
        Append(parts, [(byte)value.DekSource]);
        Append(parts, value.Wrapped.Ciphertext.Span);
        Append(parts, Encoding.UTF8.GetBytes(value.Wrapped.KeyId));
        foreach (var (name, bytes) in value.Wrapped.Annotations.OrderBy(a => a.Name, StringComparer.Ordinal))
        {
            Append(parts, Encoding.UTF8.GetBytes(name));
            Append(parts, bytes.Span);
        }
        return Convert.ToBase64String(SHA256.HashData(parts.WrittenSpan));
    }

    public IBodyCipher? Find(string name)
    {
        lock (gate)
            return keys.GetValueOrDefault(name);
    }

    public void Add(string name, IBodyCipher key)
    {
        lock (gate)
        {
            if (keys.Count >= MaxKeys)
                keys.Clear();
            keys[name] = key;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var key in keys.Values)
                key.Dispose();
            keys.Clear();
        }
    }

    private static void Append(ArrayBufferWriter<byte> parts, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteInt32BigEndian(parts.GetSpan(sizeof(int)), part.Length);
        parts.Advance(sizeof(int));
        parts.Write(part);
    }
}
