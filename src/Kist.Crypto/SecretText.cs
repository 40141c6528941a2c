using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Kist.Crypto;

/// <summary>
/// A token, password or the like on its way through the program. Prints as <c>[redacted]</c>, compares in constant time, and is wiped when disposed.
/// Accepted risk: the HTTP server holds its own copy of a header for a while, so this is defence against printing, not against a memory dump;
/// keys live in <see cref="SecretBytes"/>.
/// </summary>
[JsonConverter(typeof(RedactedTextConverter))]
public sealed class SecretText : IDisposable, IEquatable<SecretText>
{
    private readonly byte[] utf8;

    /// <summary>Copies the text.</summary>
    public SecretText(string text) => utf8 = Encoding.UTF8.GetBytes(text);

    /// <summary>Copies the UTF-8 bytes.</summary>
    public SecretText(ReadOnlySpan<byte> utf8) => this.utf8 = utf8.ToArray();

    /// <summary>The text as UTF-8; do not keep it.</summary>
    public ReadOnlySpan<byte> Utf8 => utf8;

    /// <summary>The text as a string, which cannot be wiped: only where a format needs one.</summary>
    public string Reveal() => Encoding.UTF8.GetString(utf8);

    /// <inheritdoc/>
    public bool Equals(SecretText? other) => other is not null && CryptographicOperations.FixedTimeEquals(utf8, other.utf8);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SecretText);

    /// <summary>Always 0: a hash would reveal something of the text.</summary>
    public override int GetHashCode() => 0;

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(utf8);
}
