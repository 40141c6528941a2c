using System.Buffers;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Objects;

/// <summary>Reads values out of a plaintext.</summary>
public static class StoredValues
{
    /// <summary>Appends the value of <paramref name="field"/> to <paramref name="value"/>.</summary>
    /// <param name="plaintext">The plaintext that the field was found in.</param>
    /// <param name="field">One of its fields.</param>
    /// <param name="value">Takes the bytes: those of a text in UTF-8, of base64 what it stands for.</param>
    public static void Copy(ReadOnlySpan<byte> plaintext, StoredField field, SecretBuffer value)
    {
        var written = plaintext.Slice(field.Offset, field.Length);
        if (field.Form == StoredForm.Raw || !JsonFields.HasEscapes(written))
        {
            CopyUnescaped(written, field, value);
            return;
        }
        using var text = new SecretBuffer();
        CopyUnescaped(JsonFields.TryUnescape(written, text) ? text.Written : written, field, value);
    }

    private static void CopyUnescaped(ReadOnlySpan<byte> text, StoredField field, SecretBuffer value)
    {
        if (field.Form != StoredForm.JsonBase64)
        {
            value.Write(text);
            return;
        }
        GoBase64.Decode(text, value.GetSpan(field.Size));
        value.Advance(field.Size);
    }
}
