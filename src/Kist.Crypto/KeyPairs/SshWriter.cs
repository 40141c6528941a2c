using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Kist.Crypto.KeyPairs;

/// <summary>The data types of RFC 4251 section 5, into a buffer that is wiped.</summary>
internal sealed class SshWriter : IDisposable
{
    private readonly SecretBuffer buffer = new();

    public ReadOnlySpan<byte> Written => buffer.Written;

    public void Raw(ReadOnlySpan<byte> bytes) => buffer.Write(bytes);

    public void Number(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer.GetSpan(sizeof(uint)), value);
        buffer.Advance(sizeof(uint));
    }

    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((uint)bytes.Length);
        buffer.Write(bytes);
    }

    /// <summary>
    /// A number that is not negative, from big-endian bytes: without leading zeros, but one where the first bit would be taken for a sign.
    /// </summary>
    public void Integer(ReadOnlySpan<byte> bigEndian)
    {
        var digits = bigEndian.TrimStart((byte)0);
        var sign = digits.Length > 0 && digits[0] >= 0x80 ? 1 : 0;
        Number((uint)(digits.Length + sign));
        if (sign == 1)
            buffer.Write("\0"u8);
        buffer.Write(digits);
    }

    public override string ToString() => "[redacted]";

    public void Dispose() => buffer.Dispose();
}
