using System.Buffers.Text;
using System.Globalization;
using System.Text;
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

    /// <summary>Inside a JSON text, with escapes.</summary>
    Json = 4,
}

/// <summary>The bytes by which a known value is found, however it is written. Holds the value, and is wiped on disposal.</summary>
public sealed class SearchPatterns : IDisposable
{
    /// <summary>Shorter values would be found by chance, above all in base64.</summary>
    public const int LeastBytes = 6;

    /// <summary>No object in etcd has more.</summary>
    public const int MostBytes = 2 * 1024 * 1024;

    private readonly List<(ValueForms Form, byte[] Bytes)> patterns = [];

    /// <summary>Prepares the search for a value of <see cref="LeastBytes"/> to <see cref="MostBytes"/> bytes.</summary>
    public SearchPatterns(ReadOnlySpan<byte> value)
    {
        if (value.Length is < LeastBytes or > MostBytes)
            throw new ArgumentException($"the value must have {LeastBytes} to {MostBytes} bytes", nameof(value));
        Add(ValueForms.Raw, value.ToArray());
        for (var before = 0; before < 3; before++)
        {
            var encoded = Base64Of(value, before);
            Add(ValueForms.Base64, encoded);
            Add(ValueForms.Base64, UrlAlphabet(encoded));
        }
        if (!Utf8.IsValid(value))
            return;
        Add(ValueForms.Json, Escape(value, forHtml: false));
        Add(ValueForms.Json, Escape(value, forHtml: true));
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

    private void Add(ValueForms form, byte[] bytes)
    {
        if (!patterns.Exists(p => p.Bytes.AsSpan().SequenceEqual(bytes)))
            patterns.Add((form, bytes));
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

    // Go's encoder, which kubectl uses for its copy of what was applied, also escapes what HTML gives a meaning.
    private static byte[] Escape(ReadOnlySpan<byte> value, bool forHtml)
    {
        var escaped = new List<byte>(value.Length + 16);
        foreach (var b in value)
        {
            if (ShortEscape(b) is { } letter)
                escaped.AddRange([(byte)'\\', letter]);
            else if (b < 0x20 || (forHtml && b is (byte)'<' or (byte)'>' or (byte)'&'))
                escaped.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{b:x4}")));
            else
                escaped.Add(b);
        }
        return [.. escaped];
    }

    private static byte? ShortEscape(byte b) => b switch
    {
        (byte)'"' or (byte)'\\' => b,
        (byte)'\n' => (byte)'n',
        (byte)'\r' => (byte)'r',
        (byte)'\t' => (byte)'t',
        _ => null,
    };
}
