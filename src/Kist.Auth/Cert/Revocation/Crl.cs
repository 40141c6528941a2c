using System.Collections.Concurrent;
using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Core;
using Kist.Core.Certificates;
using Kist.Crypto.X509;

namespace Kist.Auth.Cert.Revocation;

/// <summary>A revocation list (RFC 5280 section 5), read. Who signed it is found out when a certificate is looked up.</summary>
internal sealed class Crl
{
    /// <summary>Largest list in DER: about twenty thousand certificates, and what an entry of the store holds.</summary>
    public const int MaxBytes = 700 * 1024;

    private const string DeltaIndicator = "2.5.29.27";
    private const string DistributionPoint = "2.5.29.28";
    private const int RememberedSigners = 16;

    private readonly SignedData signed;
    private readonly byte[] issuer;
    private readonly Dictionary<BigInteger, DateTimeOffset> revoked;
    private readonly ConcurrentDictionary<string, bool> signers = new(StringComparer.Ordinal);

    private Crl(SignedData signed, byte[] issuer, DateTimeOffset thisUpdate, DateTimeOffset? nextUpdate, Dictionary<BigInteger, DateTimeOffset> revoked)
    {
        this.signed = signed;
        this.issuer = issuer;
        this.revoked = revoked;
        ThisUpdate = thisUpdate;
        NextUpdate = nextUpdate;
    }

    /// <summary>When it was made.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When a newer one will be there; null when it does not say.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>Who made it, for people.</summary>
    public string Issuer => new X500DistinguishedName(issuer).Name;

    /// <summary>The serial numbers and when each was revoked.</summary>
    public IReadOnlyDictionary<BigInteger, DateTimeOffset> Revoked => revoked;

    /// <summary>Reads DER, or what is wrong with it.</summary>
    public static Outcome<Crl> Parse(byte[] der)
    {
        if (der.Length > MaxBytes)
            return Invalid($"is larger than {MaxBytes / 1024} KiB");
        if (!SignedData.TryRead(der, out var signed) || !signed.Rest.IsEmpty)
            return Invalid("is not a revocation list");
        try
        {
            return Read(signed);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            return Invalid("is not a revocation list");
        }
    }

    /// <summary>Whether both lists name the same issuer.</summary>
    public bool HasIssuerOf(Crl other) => issuer.AsSpan().SequenceEqual(other.issuer);

    /// <summary>Whether an authority has made it: it has the list's name, its key has signed it and may do so.</summary>
    public bool IsOf(X509Certificate2 authority)
    {
        if (!authority.SubjectName.RawData.AsSpan().SequenceEqual(issuer))
            return false;
        var fingerprint = Convert.ToHexString(SHA256.HashData(authority.RawDataMemory.Span));
        if (signers.TryGetValue(fingerprint, out var known))
            return known;
        var found = authority.MaySignLists() && signed.IsSignedBy(authority);
        if (signers.Count < RememberedSigners)
            signers[fingerprint] = found;
        return found;
    }

    /// <summary>Whether it lists a certificate of its issuer.</summary>
    public bool Lists(X509Certificate2 certificate) =>
        CertificateSerial.Of(certificate) is not { } serial || revoked.ContainsKey(serial);

    private static Outcome<Crl> Read(SignedData signed)
    {
        var reader = new AsnReader(signed.Content, AsnEncodingRules.DER);
        var fields = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        if (fields.PeekTag().HasSameClassAndValue(new Asn1Tag(UniversalTagNumber.Integer)))
            fields.ReadInteger();
        fields.ReadEncodedValue();
        var name = fields.ReadEncodedValue().ToArray();
        _ = new X500DistinguishedName(name);
        var thisUpdate = ReadTime(fields);
        DateTimeOffset? nextUpdate = fields.HasData && IsTime(fields) ? ReadTime(fields) : null;
        var entries = new Dictionary<BigInteger, DateTimeOffset>();
        if (fields.HasData && fields.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence) && ReadEntries(fields.ReadSequence(), entries) is { } badEntry)
            return Invalid(badEntry);
        if (fields.HasData && CheckExtensions(fields) is { } badExtension)
            return Invalid(badExtension);
        return new Crl(signed, name, thisUpdate, nextUpdate, entries);
    }

    private static string? ReadEntries(AsnReader list, Dictionary<BigInteger, DateTimeOffset> entries)
    {
        while (list.HasData)
        {
            var entry = list.ReadSequence();
            if (CertificateSerial.Read(entry) is not { } serial)
                return "holds a serial number that is too long";
            entries[serial] = ReadTime(entry);
            // The certificates of other issuers in one list (indirect lists) are told by a critical extension.
            if (entry.HasData && ReadExtensions(entry.ReadSequence()).Any(e => e.Critical))
                return "has entries with critical extensions (an indirect list?), which are not understood";
        }
        return null;
    }

    private static string? CheckExtensions(AsnReader fields)
    {
        var extensions = fields.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        foreach (var (oid, critical, value) in ReadExtensions(extensions))
        {
            if (oid == DeltaIndicator)
                return "is a delta list: give the complete one";
            if (oid == DistributionPoint ? IsIndirect(value) : critical)
                return "has a critical extension that is not understood";
        }
        return null;
    }

    private static List<(string Oid, bool Critical, ReadOnlyMemory<byte> Value)> ReadExtensions(AsnReader extensions)
    {
        var found = new List<(string, bool, ReadOnlyMemory<byte>)>();
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag() == Asn1Tag.Boolean && extension.ReadBoolean();
            found.Add((oid, critical, extension.ReadOctetString()));
        }
        return found;
    }

    // Of an issuing distribution point only this matters: a list of some reasons or some certificates still revokes what it lists.
    private static bool IsIndirect(ReadOnlyMemory<byte> value)
    {
        var fields = new AsnReader(value, AsnEncodingRules.DER).ReadSequence();
        while (fields.HasData)
        {
            if (fields.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 4)))
                return fields.ReadBoolean(new Asn1Tag(TagClass.ContextSpecific, 4));
            fields.ReadEncodedValue();
        }
        return false;
    }

    private static bool IsTime(AsnReader reader) =>
        reader.PeekTag() is var tag && (tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime));

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static Failure Invalid(string what) => Failure.Invalid("cert.invalid_crl", $"the revocation list {what}");
}
