using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Kist.Kubernetes.Etcd;

/// <summary>Keys as text. Those of objects are UTF-8; whatever else lies in etcd is shown so that no two keys look the same.</summary>
public static class KeyText
{
    /// <summary>The text of a key; bytes that are no UTF-8 as <c>\xff</c>.</summary>
    public static string Of(ReadOnlySpan<byte> key)
    {
        if (Utf8.IsValid(key))
            return Encoding.UTF8.GetString(key);
        var text = new StringBuilder();
        while (!key.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(key, out var rune, out var used);
            if (status == System.Buffers.OperationStatus.Done)
                text.Append(rune.ToString());
            else
                AppendBytes(text, key[..used]);
            key = key[used..];
        }
        return text.ToString();
    }

    private static void AppendBytes(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
    }
}
