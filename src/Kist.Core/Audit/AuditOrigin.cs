using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kist.Core.Audit;

/// <summary>Which node, and which run of it, writes records, and how many each target got. A gap in a target's numbers tells of records that failed there.</summary>
internal sealed class AuditOrigin
{
    private readonly ConcurrentDictionary<string, AuditSequence> sequences = new(StringComparer.Ordinal);
    private readonly byte[] suffix;

    /// <summary>A new run of <paramref name="node"/>.</summary>
    public AuditOrigin(string node)
    {
        Boot = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        suffix = Encoding.UTF8.GetBytes($",\"node\":\"{JsonEncodedText.Encode(node, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\",\"boot\":\"{Boot}\",\"seq\":");
    }

    /// <summary>Random, for this run.</summary>
    public string Boot { get; }

    /// <summary>Ends a record, up to its number.</summary>
    public ReadOnlySpan<byte> Suffix => suffix;

    /// <summary>The numbers of a target. They go on when a device is disabled and enabled again on the same file.</summary>
    public AuditSequence For(string target) => sequences.GetOrAdd(target, static _ => new AuditSequence());
}

/// <summary>Numbers from 1. Its user serialises the calls.</summary>
internal sealed class AuditSequence
{
    private long last;

    /// <summary>The next number.</summary>
    public long Next() => ++last;
}
