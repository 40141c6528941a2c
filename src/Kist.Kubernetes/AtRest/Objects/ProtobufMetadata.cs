using Kist.Wire.Protobuf;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>Reads <c>ObjectMeta</c>.</summary>
internal static class ProtobufMetadata
{
    /// <summary>False when anything that is looked at is malformed.</summary>
    public static bool Read(ProtobufMessage metadata, ObjectBuilder value)
    {
        var sound = true;
        var fields = metadata.Fields;
        while (sound && fields.Next())
            sound = fields.Type != ProtoWireType.Bytes || ReadField(metadata.Inner(fields), fields, value);
        return sound && !fields.IsMalformed;
    }

    private static bool ReadField(ProtobufMessage inner, ProtoReader field, ObjectBuilder value)
    {
        switch (field.Field)
        {
            case 1:
                value.Name = ProtobufMessage.Text(field);
                return true;
            case 3:
                value.Namespace = ProtobufMessage.Text(field);
                return true;
            case 5:
                value.Uid = ProtobufMessage.Text(field);
                return true;
            case 11:
                return ReadLabel(inner, value);
            case 12:
                var sound = inner.TryEntry(out var annotation);
                value.Annotations.Add(annotation);
                return sound;
            case 13:
                return ReadOwner(inner, value);
            default:
                return true;
        }
    }

    private static bool ReadLabel(ProtobufMessage entry, ObjectBuilder value)
    {
        var (name, text) = ("", "");
        var fields = entry.Fields;
        while (fields.Next())
        {
            if (fields is { Field: 1, Type: ProtoWireType.Bytes })
                name = ProtobufMessage.Text(fields);
            else if (fields is { Field: 2, Type: ProtoWireType.Bytes })
                text = ProtobufMessage.Text(fields);
        }
        value.Labels.Add(KeyValuePair.Create(name, text));
        return !fields.IsMalformed;
    }

    private static bool ReadOwner(ProtobufMessage message, ObjectBuilder value)
    {
        var owner = new OwnerReference("", "", "", "", false);
        var fields = message.Fields;
        while (fields.Next())
        {
            owner = (fields.Field, fields.Type) switch
            {
                (1, ProtoWireType.Bytes) => owner with { Kind = ProtobufMessage.Text(fields) },
                (3, ProtoWireType.Bytes) => owner with { Name = ProtobufMessage.Text(fields) },
                (4, ProtoWireType.Bytes) => owner with { Uid = ProtobufMessage.Text(fields) },
                (5, ProtoWireType.Bytes) => owner with { ApiVersion = ProtobufMessage.Text(fields) },
                (6, ProtoWireType.Varint) => owner with { IsController = fields.Number != 0 },
                _ => owner,
            };
        }
        value.Owners.Add(owner);
        return !fields.IsMalformed;
    }
}
