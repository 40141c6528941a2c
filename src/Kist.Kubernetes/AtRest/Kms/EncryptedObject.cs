using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Kist.Core;
using Kist.Wire.Protobuf;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>The body of a KMS v2 value: ciphertext, and the wrapped key that opens it.</summary>
public sealed record EncryptedObject
{
    private const int DataField = 1;
    private const int KeyIdField = 2;
    private const int DekSourceField = 3;
    private const int AnnotationField = 4;
    private const int TypeField = 5;

    /// <summary>
    /// The wrapped data key or seed, the id of the key that wrapped it, and the plugin's annotations in the order in which they are stored.
    /// </summary>
    public required KmsCiphertext Wrapped { get; init; }

    /// <summary>What was wrapped.</summary>
    public required DekSourceType DekSource { get; init; }

    /// <summary>The object's ciphertext.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Reads and checks a body as the API server does. The result refers to the same memory.</summary>
    public static Outcome<EncryptedObject> Parse(ReadOnlyMemory<byte> body)
    {
        var (data, source, keyId, type) = (ReadOnlyMemory<byte>.Empty, ReadOnlyMemory<byte>.Empty, "", 0);
        var annotations = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var reader = new ProtoReader(body.Span);
        while (reader.Next())
        {
            var bytes = body.Slice(reader.BytesOffset, reader.Bytes.Length);
            switch (reader.Field, reader.Type)
            {
                case (DataField, ProtoWireType.Bytes):
                    data = bytes;
                    break;
                case (KeyIdField, ProtoWireType.Bytes):
                    if (!TryText(reader.Bytes, out keyId))
                        return AtRestFailures.NotProtobuf;
                    break;
                case (DekSourceField, ProtoWireType.Bytes):
                    source = bytes;
                    break;
                case (AnnotationField, ProtoWireType.Bytes):
                    if (!TryAnnotation(bytes, annotations))
                        return AtRestFailures.NotProtobuf;
                    break;
                case (TypeField, ProtoWireType.Varint):
                    type = (int)reader.Number;
                    break;
                default:
                    break;
            }
        }
        if (reader.IsMalformed)
            return AtRestFailures.NotProtobuf;
        var parsed = new EncryptedObject
        {
            Wrapped = new KmsCiphertext(source, keyId, [.. annotations.Select(a => new KmsAnnotation(a.Key, a.Value))]),
            DekSource = (DekSourceType)type,
            Data = data,
        };
        return EncryptedObjectRules.Check(parsed) is { } failure ? failure : parsed;
    }

    /// <summary>Writes the body as Go's protobuf does, annotations in their order.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var writer = new ProtoWriter(output);
        writer.WriteBytes(DataField, Data.Span);
        writer.WriteText(KeyIdField, Wrapped.KeyId);
        writer.WriteBytes(DekSourceField, Wrapped.Ciphertext.Span);
        foreach (var annotation in Wrapped.Annotations)
        {
            var name = ProtoWriter.SizeOfBytes(1, Encoding.UTF8.GetByteCount(annotation.Name));
            writer.WriteLength(AnnotationField, name + ProtoWriter.SizeOfBytes(2, annotation.Value.Length));
            writer.WriteText(1, annotation.Name);
            writer.WriteBytes(2, annotation.Value.Span);
        }
        if (DekSource != DekSourceType.Key)
            writer.WriteNumber(TypeField, (ulong)DekSource);
    }

    private static bool TryAnnotation(ReadOnlyMemory<byte> entry, Dictionary<string, ReadOnlyMemory<byte>> annotations)
    {
        var (name, value) = ("", ReadOnlyMemory<byte>.Empty);
        var reader = new ProtoReader(entry.Span);
        while (reader.Next())
        {
            if (reader is { Field: 1, Type: ProtoWireType.Bytes })
            {
                if (!TryText(reader.Bytes, out name))
                    return false;
            }
            else if (reader is { Field: 2, Type: ProtoWireType.Bytes })
            {
                value = entry.Slice(reader.BytesOffset, reader.Bytes.Length);
            }
        }
        annotations[name] = value;
        return !reader.IsMalformed;
    }

    private static bool TryText(ReadOnlySpan<byte> bytes, out string text)
    {
        text = Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : "";
        return text.Length > 0 || bytes.IsEmpty;
    }
}
