using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>Bodies, which may hold keys: the caller disposes of them.</summary>
internal static class RemoteBody
{
    /// <summary>A JSON object with the fields that <paramref name="write"/> writes.</summary>
    public static SecretBuffer Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new SecretBuffer();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    /// <summary>Writes bytes as base64url, with no string in between.</summary>
    public static void WriteBase64Url(this Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes)
    {
        using var encoded = new SecretBuffer();
        encoded.Advance(Base64Url.EncodeToUtf8(bytes, encoded.GetSpan(Base64Url.GetEncodedLength(bytes.Length))));
        json.WriteString(name, encoded.Written);
    }

    /// <summary>A form.</summary>
    public static SecretBuffer Form(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var buffer = new SecretBuffer();
        foreach (var (name, value) in fields)
        {
            var text = $"{(buffer.Written.IsEmpty ? "" : "&")}{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}";
            buffer.Advance(Encoding.ASCII.GetBytes(text, buffer.GetSpan(text.Length)));
        }
        return buffer;
    }
}
