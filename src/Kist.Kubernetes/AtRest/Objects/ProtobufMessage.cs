using System.Text;
using Kist.Wire.Protobuf;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>A protobuf message inside the plaintext.</summary>
/// <param name="bytes">The message.</param>
/// <param name="offset">Where it starts in the plaintext.</param>
internal readonly ref struct ProtobufMessage(ReadOnlySpan<byte> bytes, int offset)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    public ProtoReader Fields => new(bytes);

    public static string Text(ProtoReader field) => Encoding.UTF8.GetString(field.Bytes);

    /// <summary>The message in the current field.</summary>
    public ProtobufMessage Inner(ProtoReader field) => new(field.Bytes, offset + field.BytesOffset);

    /// <summary>This message as a map's entry; false when it is malformed.</summary>
    public bool TryEntry(out StoredField entry)
    {
        var (name, at, length) = ("", offset, 0);
        var fields = Fields;
        while (fields.Next())
        {
            if (fields is { Field: 1, Type: ProtoWireType.Bytes })
                name = Text(fields);
            else if (fields is { Field: 2, Type: ProtoWireType.Bytes })
                (at, length) = (offset + fields.BytesOffset, fields.Bytes.Length);
        }
        entry = new StoredField(name, StoredForm.Raw, at, length, length);
        return !fields.IsMalformed;
    }
}
