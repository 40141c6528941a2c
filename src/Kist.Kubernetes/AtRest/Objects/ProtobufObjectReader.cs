using Kist.Wire.Protobuf;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>
/// Reads the stored protobuf: a mark, then <c>runtime.Unknown</c> with type and raw object. Each object has its metadata in field 1; Secrets and
/// ConfigMaps are read further. Null when anything that is looked at is malformed.
/// </summary>
internal static class ProtobufObjectReader
{
    private static ReadOnlySpan<byte> Mark => "k8s\0"u8;

    public static bool Recognizes(ReadOnlySpan<byte> plaintext) => plaintext.StartsWith(Mark);

    public static StoredObject? Read(ReadOnlySpan<byte> plaintext)
    {
        var envelope = new ProtobufMessage(plaintext[Mark.Length..], Mark.Length);
        var type = default(ProtobufMessage);
        var raw = default(ProtobufMessage);
        var fields = envelope.Fields;
        while (fields.Next())
        {
            if (fields is { Field: 1, Type: ProtoWireType.Bytes })
                type = envelope.Inner(fields);
            else if (fields is { Field: 2, Type: ProtoWireType.Bytes })
                raw = envelope.Inner(fields);
        }
        var value = new ObjectBuilder(StoredEncoding.Protobuf);
        return !fields.IsMalformed && ReadType(type, value) && ReadObject(raw, value) ? value.Build() : null;
    }

    private static bool ReadType(ProtobufMessage type, ObjectBuilder value)
    {
        var fields = type.Fields;
        while (fields.Next())
        {
            if (fields is { Field: 1, Type: ProtoWireType.Bytes })
                value.ApiVersion = ProtobufMessage.Text(fields);
            else if (fields is { Field: 2, Type: ProtoWireType.Bytes })
                value.Kind = ProtobufMessage.Text(fields);
        }
        return !fields.IsMalformed;
    }

    private static bool ReadObject(ProtobufMessage message, ObjectBuilder value)
    {
        var sound = true;
        var fields = message.Fields;
        while (sound && fields.Next())
        {
            if (fields is { Field: 1, Type: ProtoWireType.Bytes })
                sound = ProtobufMetadata.Read(message.Inner(fields), value);
            else if (value.IsSecret)
                sound = ReadSecretField(message, fields, value);
            else if (value.IsConfigMap)
                sound = ReadConfigMapField(message, fields, value);
        }
        return sound && !fields.IsMalformed;
    }

    private static bool ReadSecretField(ProtobufMessage message, ProtoReader field, ObjectBuilder value)
    {
        switch (field.Field, field.Type)
        {
            case (2, ProtoWireType.Bytes):
                return TryAdd(message.Inner(field), value.Data);
            case (3, ProtoWireType.Bytes):
                value.Type = ProtobufMessage.Text(field);
                return true;
            case (5, ProtoWireType.Varint):
                value.Immutable = field.Number != 0;
                return true;
            default:
                return true;
        }
    }

    private static bool ReadConfigMapField(ProtobufMessage message, ProtoReader field, ObjectBuilder value)
    {
        switch (field.Field, field.Type)
        {
            case (2, ProtoWireType.Bytes):
                return TryAdd(message.Inner(field), value.Data);
            case (3, ProtoWireType.Bytes):
                return TryAdd(message.Inner(field), value.BinaryData);
            case (4, ProtoWireType.Varint):
                value.Immutable = field.Number != 0;
                return true;
            default:
                return true;
        }
    }

    private static bool TryAdd(ProtobufMessage entry, List<StoredField> list)
    {
        var sound = entry.TryEntry(out var field);
        list.Add(field);
        return sound;
    }
}
