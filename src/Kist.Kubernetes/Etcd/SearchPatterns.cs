using System.Buffers.Text;
using System.Text.Unicode;

namespace Kist.Kubernetes.Etcd;

/// <summary>How a value that was looked for is written where it was found.</summary>
[Flags]
public enum ValueForms
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>As it is.</summary>
    Raw = 1,

    /// <summary>In base64, alone or as a part of something longer, in either alphabet.</summary>
    Base64 = 2,

    /// <summary>Inside a JSON text, with escapes; together with <see cref="Base64"/>, in base64 of such a text.</summary>
    Json = 4,
}

/// <summary>The bytes by which a known value is found, however it is written. Holds the value, and is wiped on disposal.</summary>
public sealed class SearchPatterns : IDisposable
{
    /// <summary>Shorter values would be found by chance, above all in base64.</summary>
    public const int LeastBytes = 6;

    /// <summary>No object in etcd has more.</summary>
    public const int MostBytes = 2 * 1024 * 1024;

    /// <summary>
    /// Longer values are looked for as they are, in base64, and in JSON as Go writes it, but not in the forms that are rarer: each takes memory and time.
    /// </summary>
    public const int MostBytesOfRareForms = 64 * 1024;

    private readonly List<(ValueForms Form, byte[] Bytes)> patterns = [];

    /// <summary>Prepares the search for a value of <see cref="LeastBytes"/> to <see cref="MostBytes"/> bytes.</summary>
    /// <param name="value">The value.</param>
    /// <param name="otherBytes">The same in another encoding of text, looked for as it is and in base64; empty for none.</param>
    public SearchPatterns(ReadOnlySpan<byte> value, ReadOnlySpan<byte> otherBytes = default)
    {
        if (value.Length is < LeastBytes or > MostBytes)
            throw new ArgumentException($"the value must have {LeastBytes} to {MostBytes} bytes", nameof(value));
        Add(ValueForms.Raw, value.ToArray());
        AddBase64(ValueForms.Base64, value);
        if (Utf8.IsValid(value))
            AddJson(value);
        if (otherBytes.IsEmpty)
            return;
        Add(ValueForms.Raw, otherBytes.ToArray());
        AddBase64(ValueForms.Base64, otherBytes);
    }

    /// <summary>The patterns, for a search of a whole file.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> All => [.. patterns.Select(p => (ReadOnlyMemory<byte>)p.Bytes)];

    /// <summary>How the pattern at a place of <see cref="All"/> writes the value.</summary>
    public ValueForms FormOf(int pattern) => patterns[pattern].Form;

    /// <summary>Which forms of the value are in there.</summary>
    public ValueForms In(ReadOnlySpan<byte> bytes)
    {
        var found = ValueForms.None;
        foreach (var (form, pattern) in patterns)
        {
            if (!found.HasFlag(form) && bytes.IndexOf(pattern) >= 0)
                found |= form;
        }
        return found;
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, bytes) in patterns)
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
    }

    private void AddJson(ReadOnlySpan<byte> value)
    {
        var isShort = value.Length <= MostBytesOfRareForms;
        foreach (var escaping in isShort ? JsonEscaping.Go.Concat(JsonEscaping.Others) : JsonEscaping.Go)
        {
            var written = escaping.Escape(value);
            if (!Add(ValueForms.Json, written) || !isShort)
                continue;
            AddBase64(ValueForms.Json | ValueForms.Base64, written);
            // JSON within JSON: kubectl's copy of what was applied, in an object that is stored as JSON or in what was applied as text.
            Add(ValueForms.Json, JsonEscaping.Go[0].Escape(written));
        }
    }

    private void AddBase64(ValueForms form, ReadOnlySpan<byte> value)
    {
        for (var before = 0; before < 3; before++)
        {
            var encoded = Base64Of(value, before);
            Add(form, encoded);
            Add(form, UrlAlphabet(encoded));
        }
    }

    private bool Add(ValueForms form, byte[] bytes)
    {
        if (patterns.Exists(p => p.Bytes.AsSpan().SequenceEqual(bytes)))
            return false;
        patterns.Add((form, bytes));
        return true;
    }

    /// <summary>
    /// The letters that stand for the value alone, when <paramref name="before"/> bytes stand before it in their group of three: those that hold bits of
    /// other bytes are cut off at both ends.
    /// </summary>
    private static byte[] Base64Of(ReadOnlySpan<byte> value, int before)
    {
        var bytes = new byte[before + value.Length];
        value.CopyTo(bytes.AsSpan(before));
        var encoded = new byte[Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
        Base64.EncodeToUtf8(bytes, encoded, out _, out _);
        var first = ((before * 8) + 5) / 6;
        var end = bytes.Length * 8 / 6;
        var letters = encoded[first..end];
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(encoded);
        return letters;
    }

    private static byte[] UrlAlphabet(byte[] encoded)
    {
        var other = encoded.ToArray();
        other.AsSpan().Replace((byte)'+', (byte)'-');
        other.AsSpan().Replace((byte)'/', (byte)'_');
        return other;
    }
}
