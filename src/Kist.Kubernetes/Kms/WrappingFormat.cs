using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Kist.Core;
using Kist.Kubernetes.AtRest.Kms;

namespace Kist.Kubernetes.Kms;

/// <summary>
/// How a wrapped local key travels. With KMS v2 in annotations that the API server stores beside the ciphertext; with v1, which has none, in front of
/// the ciphertext.
/// </summary>
internal static class WrappingFormat
{
    /// <summary>Holds the local key as the remote key wrapped it. The domain is one that nobody can own.</summary>
    public const string RemoteName = "local-key.kist.internal";

    /// <summary>Holds it as the fallback key wrapped it, with that key's id.</summary>
    public const string FallbackName = "fallback-local-key.kist.internal";

    /// <summary>Largest wrapped key, so that all annotations together stay within the 32 KiB that an API server takes.</summary>
    public const int MostBytes = 12 * 1024;

    private const byte Version = 1;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The annotations.</summary>
    public static IReadOnlyList<KmsAnnotation> ToAnnotations(LocalKeyWrapping wrapping)
    {
        var annotations = new List<KmsAnnotation>(2);
        if (!wrapping.Remote.IsEmpty)
            annotations.Add(new KmsAnnotation(RemoteName, (byte[])[Version, .. wrapping.Remote.Span]));
        if (!wrapping.Fallback.IsEmpty)
        {
            var value = new ArrayBufferWriter<byte>();
            value.Write((ReadOnlySpan<byte>)[Version]);
            WritePart(value, Encoding.UTF8.GetBytes(wrapping.FallbackId));
            value.Write(wrapping.Fallback.Span);
            annotations.Add(new KmsAnnotation(FallbackName, value.WrittenSpan.ToArray()));
        }
        return annotations;
    }

    /// <summary>Reads annotations. Others than ours mean nothing.</summary>
    public static Outcome<LocalKeyWrapping> FromAnnotations(string keyId, IReadOnlyList<KmsAnnotation> annotations)
    {
        var wrapping = new LocalKeyWrapping(keyId, ReadOnlyMemory<byte>.Empty, "", ReadOnlyMemory<byte>.Empty);
        foreach (var (name, value) in annotations)
        {
            if (name is not (RemoteName or FallbackName))
                continue;
            if (value.Length is < 2 or > MostBytes + 1024 || value.Span[0] != Version)
                return Malformed($"the annotation {name} is not of this plugin's making");
            if (name == RemoteName)
                wrapping = wrapping with { Remote = value[1..] };
            else if (ReadPart(value[1..], out var rest) is { } id && Text(id) is { } fallbackId)
                wrapping = wrapping with { FallbackId = fallbackId, Fallback = rest };
            else
                return Malformed($"the annotation {name} is not of this plugin's making");
        }
        return wrapping.Remote.IsEmpty && wrapping.Fallback.IsEmpty
            ? Malformed($"there is no annotation {RemoteName}: this was not encrypted by this plugin")
            : wrapping;
    }

    /// <summary>The front of a v1 ciphertext.</summary>
    public static byte[] ToPrefix(LocalKeyWrapping wrapping)
    {
        var prefix = new ArrayBufferWriter<byte>();
        prefix.Write((ReadOnlySpan<byte>)[Version]);
        WritePart(prefix, Encoding.UTF8.GetBytes(wrapping.KeyId));
        WritePart(prefix, wrapping.Remote.Span);
        WritePart(prefix, Encoding.UTF8.GetBytes(wrapping.FallbackId));
        WritePart(prefix, wrapping.Fallback.Span);
        return prefix.WrittenSpan.ToArray();
    }

    /// <summary>Reads a v1 ciphertext: how its local key is wrapped, and what that encrypted.</summary>
    public static Outcome<(LocalKeyWrapping Wrapping, ReadOnlyMemory<byte> Sealed)> FromPrefix(ReadOnlyMemory<byte> ciphertext)
    {
        if (ciphertext.IsEmpty || ciphertext.Span[0] != Version
            || ReadPart(ciphertext[1..], out var rest) is not { } id || Text(id) is not { } keyId
            || ReadPart(rest, out rest) is not { } remote
            || ReadPart(rest, out rest) is not { } second || Text(second) is not { } fallbackId
            || ReadPart(rest, out rest) is not { } fallback)
        {
            return Malformed("the ciphertext is not of this plugin's making");
        }
        return (new LocalKeyWrapping(keyId, remote, fallbackId, fallback), rest);
    }

    private static Failure Malformed(string message) => Failure.Invalid("kms.not_ours", message);

    private static void WritePart(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), (ushort)part.Length);
        output.Advance(2);
        output.Write(part);
    }

    private static ReadOnlyMemory<byte>? ReadPart(ReadOnlyMemory<byte> input, out ReadOnlyMemory<byte> rest)
    {
        rest = default;
        if (input.Length < 2)
            return null;
        var length = BinaryPrimitives.ReadUInt16BigEndian(input.Span);
        if (input.Length - 2 < length)
            return null;
        rest = input[(2 + length)..];
        return input.Slice(2, length);
    }

    private static string? Text(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return Strict.GetString(utf8.Span);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
