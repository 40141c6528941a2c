using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Auth.Cert.Stored;
using Kist.Core.Barrier;
using Kist.Core.Certificates;
using Kist.Crypto.X509;

namespace Kist.Auth.Cert.Revocation;

/// <summary>A client's certificate that a role asks the OCSP servers about.</summary>
internal sealed record OcspQuestion(StorageView Storage, string Role, RoleRecord Record, CertificateWay Way);

/// <summary>
/// Asks OCSP servers whether a client's certificate is revoked. Asked last, when the certificate is otherwise good, so that a stranger cannot make the server
/// ask anything. Without an answer that counts nobody logs in, unless the role says <c>ocsp_fail_open</c>.
/// </summary>
internal sealed class OcspCheck(RevocationHttp http, TimeProvider clock)
{
    private const int MostServers = 4;
    private const int LargestAnswer = 64 * 1024;
    private const string SignsAnswers = "1.3.6.1.5.5.7.3.9";

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestMemory = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan OldestWithoutEnd = TimeSpan.FromHours(24);

    private readonly OcspMemory memory = new();

    /// <summary>Whether the login may go on.</summary>
    public async ValueTask<bool> AllowsAsync(OcspQuestion question, CancellationToken cancellationToken)
    {
        var status = await FindAsync(question, cancellationToken);
        return status == OcspStatus.Good || (status == OcspStatus.Unknown && question.Record.OcspFailOpen);
    }

    private async ValueTask<OcspStatus> FindAsync(OcspQuestion question, CancellationToken cancellationToken)
    {
        var size = (await CertStore.ReadConfigAsync(question.Storage, cancellationToken)).Record.OcspCacheSize;
        var (own, now) = (question.Way.Own, clock.GetUtcNow());
        var key = await KeyOfAsync(question, cancellationToken);
        if (memory.Find(key, now) is { } known)
            return known;
        if (question.Way.IssuersOf(0).FirstOrDefault() is not { } issuer || OcspCertificateId.Of(own, issuer) is not { } id)
            return OcspStatus.Unknown;
        var (status, end) = (OcspStatus.Unknown, now);
        foreach (var server in ServersOf(question))
        {
            var statement = await AskAsync(server, id, issuer, question.Record.Trust().OcspSigners, cancellationToken);
            // Revoked anywhere is revoked; with one server left silent, not all agree.
            if (statement.Status == OcspStatus.Revoked)
                (status, end) = (OcspStatus.Revoked, statement.NextUpdate ?? now);
            else if (question.Record.OcspQueryAllServers && statement.Status == OcspStatus.Unknown)
                return OcspStatus.Unknown;
            else if (statement.Status == OcspStatus.Good)
                (status, end) = (OcspStatus.Good, statement.NextUpdate ?? now);
            if (status == OcspStatus.Revoked || (status == OcspStatus.Good && !question.Record.OcspQueryAllServers))
                break;
        }
        if (status != OcspStatus.Unknown)
            memory.Keep(key, status, end < now + LongestMemory ? end : now + LongestMemory, size);
        return status;
    }

    // The role's revision is part of it: who may answer, and where, is the role's to say.
    private static async ValueTask<string> KeyOfAsync(OcspQuestion question, CancellationToken cancellationToken)
    {
        var revision = (await CertStore.ReadRoleAsync(question.Storage, question.Role, cancellationToken))?.Revision ?? 0;
        var fingerprint = Convert.ToHexString(SHA256.HashData(question.Way.Own.RawDataMemory.Span));
        return string.Create(CultureInfo.InvariantCulture, $"{question.Storage.MountId}/{question.Role}/{revision}/{fingerprint}");
    }

    private static IEnumerable<Uri> ServersOf(OcspQuestion question)
    {
        var named = question.Record.OcspServersOverride.Count > 0 ? question.Record.OcspServersOverride : NamedBy(question.Way.Own);
        foreach (var text in named.Take(MostServers))
        {
            if (RevocationHttp.TryParse(text, out var url))
                yield return url;
        }
    }

    private static List<string> NamedBy(X509Certificate2 certificate)
    {
        try
        {
            return [.. certificate.Extensions.OfType<X509AuthorityInformationAccessExtension>().SelectMany(e => e.EnumerateOcspUris())];
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    private async ValueTask<OcspStatement> AskAsync(
        Uri server, OcspCertificateId id, X509Certificate2 issuer, TrustedCertificates signers, CancellationToken cancellationToken)
    {
        var nothing = new OcspStatement(OcspStatus.Unknown, default, null);
        var nonce = RandomNumberGenerator.GetBytes(16);
        var answer = await http.PostAsync(server, OcspMessage.Request(id, nonce), "application/ocsp-request", LargestAnswer, cancellationToken);
        if (answer is null || OcspMessage.Open(answer) is not { } opened)
            return nothing;
        try
        {
            var now = clock.GetUtcNow();
            if (OcspMessage.Find(opened.Signed, id, nonce) is not { } statement || !IsOfNow(statement, now))
                return nothing;
            return IsBelieved(opened.Signed, opened.Certificates, issuer, signers, now) ? statement : nothing;
        }
        finally
        {
            opened.Certificates.ForEach(c => c.Dispose());
        }
    }

    private static bool IsOfNow(OcspStatement statement, DateTimeOffset now) =>
        statement.ThisUpdate <= now + Skew && (statement.NextUpdate ?? statement.ThisUpdate + OldestWithoutEnd) >= now - Skew;

    // The issuer itself, whom the issuer has named for it (RFC 6960 section 4.2.2.2), or whom the role has.
    private static bool IsBelieved(SignedData signed, List<X509Certificate2> sent, X509Certificate2 issuer, TrustedCertificates signers, DateTimeOffset now)
    {
        if (signed.IsSignedBy(issuer) || signers.All.Any(s => s.IsValidAt(now) && signed.IsSignedBy(s)))
            return true;
        return sent.Any(candidate => candidate.CanBeRead() && candidate.IsValidAt(now) && candidate.IsFor(SignsAnswers)
            && signers.Authorities.Where(s => s.IsValidAt(now)).Prepend(issuer).Any(authority => Issued(authority, candidate))
            && signed.IsSignedBy(candidate));
    }

    private static bool Issued(X509Certificate2 authority, X509Certificate2 candidate) =>
        candidate.IssuerName.RawData.AsSpan().SequenceEqual(authority.SubjectName.RawData) && SignedData.IsIssuedBy(candidate, authority);
}

/// <summary>What OCSP servers have said lately, the least recently used of it forgotten first. Only saves questions: what it holds is also out there.</summary>
internal sealed class OcspMemory
{
    private readonly Lock gate = new();
    private readonly LinkedList<(string Key, OcspStatus Status, DateTimeOffset End)> order = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, OcspStatus Status, DateTimeOffset End)>> known = new(StringComparer.Ordinal);

    /// <summary>What is known of a certificate; null when nothing is any more.</summary>
    public OcspStatus? Find(string key, DateTimeOffset now)
    {
        lock (gate)
        {
            if (!known.TryGetValue(key, out var node))
                return null;
            order.Remove(node);
            if (node.Value.End <= now)
            {
                known.Remove(key);
                return null;
            }
            order.AddFirst(node);
            return node.Value.Status;
        }
    }

    /// <summary>Keeps a status until a time, and at most so many.</summary>
    public void Keep(string key, OcspStatus status, DateTimeOffset end, int size)
    {
        lock (gate)
        {
            if (known.Remove(key, out var old))
                order.Remove(old);
            known[key] = order.AddFirst((key, status, end));
            while (known.Count > size)
            {
                known.Remove(order.Last!.Value.Key);
                order.RemoveLast();
            }
        }
    }
}
