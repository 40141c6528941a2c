using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Kist.Client.Run.Watching;

/// <summary>What was read, as far as a later look can tell whether it has changed. Thread-safe. Holds hashes, no values.</summary>
public sealed class ReadVersions
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ReadVersion> known = new(StringComparer.Ordinal);

    /// <summary>What is known now.</summary>
    public IReadOnlyList<ReadVersion> All
    {
        get
        {
            lock (gate)
                return [.. known.Values];
        }
    }

    /// <summary>Takes note of an answer, in place of an earlier one for the same id.</summary>
    /// <param name="id">What was asked for.</param>
    /// <param name="version">Of a versioned secret, else null.</param>
    /// <param name="body">The answer.</param>
    /// <param name="isLeased">Whether a lease came with it: reading it again makes another one, so its change is the lease's end.</param>
    public void Note(SecretId id, long? version, ReadOnlyMemory<byte> body, bool isLeased)
    {
        lock (gate)
            known[id.Source] = new ReadVersion(id, version, isLeased, Fingerprint(body.IsEmpty ? null : JsonElement.Parse(body.Span)));
    }

    /// <summary>Forgets what was read since, because it was not put to use: it is a change still.</summary>
    public void Restore(IReadOnlyList<ReadVersion> earlier)
    {
        lock (gate)
        {
            known.Clear();
            foreach (var one in earlier)
                known[one.Id.Source] = one;
        }
    }

    /// <summary>Of the data in an answer; all around it differs from one answer to the next. An answer that is no JSON object has none.</summary>
    internal static string Fingerprint(ApiResponse answer) => Fingerprint(answer.Json);

    private static string Fingerprint(JsonElement? answer) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(answer?.Field("data")?.GetRawText() ?? "")));
}

/// <summary>What is known of one answer.</summary>
/// <param name="Id">What was asked for.</param>
/// <param name="Version">Of a versioned secret, else null.</param>
/// <param name="IsLeased">Whether a lease came with it.</param>
/// <param name="Fingerprint">SHA-256 of its data.</param>
public sealed record ReadVersion(SecretId Id, long? Version, bool IsLeased, string Fingerprint)
{
    /// <summary>What was asked for: a fingerprint of a short value would tell it.</summary>
    public override string ToString() => Id.Path;
}
