using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Crypto.X509;

namespace Kist.Core.Certificates;

/// <summary>
/// A client's certificate and those that it sent along, read, and the one judgement of whether they lead to an authority. What the client sent is used to find
/// the way and never believed for itself.
/// </summary>
public sealed class PresentedCertificates : IDisposable
{
    private readonly List<X509Certificate2> others;

    private PresentedCertificates(X509Certificate2 own, List<X509Certificate2> others, CertificateNames names)
    {
        Own = own;
        this.others = others;
        Names = names;
    }

    /// <summary>The client's own.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>What it sent along.</summary>
    public IReadOnlyList<X509Certificate2> Others => others;

    /// <summary>What its own says of its subject.</summary>
    public CertificateNames Names { get; }

    /// <summary>SHA-256 of its own in hex.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(Own.RawDataMemory.Span));

    /// <summary>Reads what a client has shown; null when it has shown none, or too many, or one that cannot be read.</summary>
    public static PresentedCertificates? Read(ClientCertificate? shown)
    {
        if (shown is null || shown.Others.Count > ClientCertificate.MaxOthers)
            return null;
        var read = new List<X509Certificate2>();
        try
        {
            read.Add(X509CertificateLoader.LoadCertificate(shown.Own.Span));
            foreach (var other in shown.Others)
                read.Add(X509CertificateLoader.LoadCertificate(other.Span));
            if (read.TrueForAll(c => c.CanBeRead()) && CertificateNames.Of(read[0]) is { } names)
                return new PresentedCertificates(read[0], read[1..], names);
        }
        catch (CryptographicException)
        {
            // Falls through: a chain that cannot be read is none.
        }
        read.ForEach(c => c.Dispose());
        return null;
    }

    /// <summary>
    /// Whether the client's certificate is this very one, which vouches for itself by standing in a role, and is good for a client now.
    /// </summary>
    public bool AreThoseOf(X509Certificate2 pinned, DateTimeOffset now) =>
        Own.RawDataMemory.Span.SequenceEqual(pinned.RawDataMemory.Span) && Own.IsForClients() && Own.IsValidAt(now);

    /// <summary>
    /// The way from the client's certificate to an authority, both ends included, when the authority vouches for it as a client now: every signature made by
    /// the next one's key, every one valid, every one above the first an authority whose words allow it, all constraints of names and lengths kept. Null when
    /// there is no such way. Nothing is fetched, and no authority of the system counts.
    /// </summary>
    public IReadOnlyList<X509Certificate2>? WayTo(X509Certificate2 authority, DateTimeOffset now)
    {
        if (!Own.IsForClients() || !MayLeadTo(authority))
            return null;
        using var chain = new X509Chain();
        chain.ChainPolicy = PolicyFor(authority, now);
        if (!TryBuild(chain))
            return null;
        var elements = chain.ChainElements.Select(e => e.Certificate).ToList();
        try
        {
            // Whether it ends in a root is of no matter: what it must lead to is compared below. Everything else that the engine has against it is.
            const X509ChainStatusFlags Harmless = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;
            return chain.ChainStatus.All(s => (s.Status & ~Harmless) == X509ChainStatusFlags.NoError) ? Check(elements, authority, now) : null;
        }
        finally
        {
            elements.ForEach(e => e.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Own.Dispose();
        others.ForEach(c => c.Dispose());
    }

    // Costs next to nothing, and spares a stranger's certificate the search.
    private bool MayLeadTo(X509Certificate2 authority)
    {
        var name = authority.SubjectName.RawData;
        return SameName(Own.IssuerName, name) || others.Exists(o => SameName(o.IssuerName, name));
    }

    private bool TryBuild(X509Chain chain)
    {
        try
        {
            _ = chain.Build(Own);
            return true;
        }
        catch (CryptographicException)
        {
            // Of something in a certificate that the engine cannot read.
            return false;
        }
    }

    private X509ChainPolicy PolicyFor(X509Certificate2 authority, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            // An authority that is not its own issuer may be trusted too.
            VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,
            VerificationTime = now.UtcDateTime,
        };
        policy.CustomTrustStore.Add(authority);
        policy.ExtraStore.Add(authority);
        var name = authority.SubjectName.RawData;
        foreach (var other in others)
        {
            // Roots, and others of the authority's name, could only lead past it.
            if (!SameName(other.SubjectName, name) && !SameName(other.SubjectName, other.IssuerName.RawData))
                policy.ExtraStore.Add(other);
        }
        return policy;
    }

    // The engine's own findings are not enough: it lets through authorities that do not say that they are, and does not look at the last one's dates when that
    // one has an issuer of its own.
    private List<X509Certificate2>? Check(List<X509Certificate2> found, X509Certificate2 authority, DateTimeOffset now)
    {
        var end = found.FindIndex(c => Same(c, authority));
        if (end < 1)
            return null;
        var way = new List<X509Certificate2> { Own };
        for (var i = 1; i < end; i++)
        {
            if (others.Find(o => Same(o, found[i])) is not { } known)
                return null;
            way.Add(known);
        }
        way.Add(authority);
        for (var i = 0; i < way.Count; i++)
        {
            if (!way[i].IsValidAt(now) || (i > 0 && !(way[i].IsAuthority() && way[i].MayVouchForClients())))
                return null;
            if (i < end && !(SameName(way[i].IssuerName, way[i + 1].SubjectName.RawData) && SignedData.IsIssuedBy(way[i], way[i + 1])))
                return null;
        }
        return way;
    }

    private static bool Same(X509Certificate2 one, X509Certificate2 other) => one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);

    private static bool SameName(X500DistinguishedName one, byte[] other) => one.RawData.AsSpan().SequenceEqual(other);
}
