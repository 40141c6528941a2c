using System.Text;

namespace Kist.Wire.Tests;

/// <summary>Text as the bytes that etcd and gRPC carry.</summary>
internal static class Text
{
    public static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Of(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
