using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Audit;

/// <summary>
/// What the audit records say of one token, made once for each device and kept with the token: hashing and rendering it anew would cost more than the rest
/// of a read's records. Thread-safe.
/// </summary>
public sealed class AuditHashes
{
    // Devices come and go while a token stays; beyond this many the memory starts afresh.
    private const int Most = 8;

    private (AuditFormat Format, TokenText Text)[] known = [];

    internal TokenText For(AuditFormat format, Authenticated token, SecretText id)
    {
        var current = Volatile.Read(ref known);
        foreach (var entry in current)
        {
            if (ReferenceEquals(entry.Format, format))
                return entry.Text;
        }
        var text = format.Token(token, id);
        // A race loses one entry, which the next request makes again.
        Volatile.Write(ref known, current.Length < Most ? [.. current, (format, text)] : [(format, text)]);
        return text;
    }
}

/// <summary>Rendered parts of records: the <c>auth</c> object without its closing brace, and the token's fields in <c>request</c>.</summary>
internal sealed record TokenText(byte[] Auth, byte[] RequestFields);
