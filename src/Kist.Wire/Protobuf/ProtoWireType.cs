namespace Kist.Wire.Protobuf;

/// <summary>How a protobuf field's value is written.</summary>
public enum ProtoWireType
{
    /// <summary>An integer, boolean or enumeration.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length and that many bytes: text, bytes, a message.</summary>
    Bytes = 2,

    /// <summary>The start of a group, long out of use.</summary>
    StartGroup = 3,

    /// <summary>The end of a group.</summary>
    EndGroup = 4,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}
