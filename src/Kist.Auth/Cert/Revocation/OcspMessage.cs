using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Crypto.X509;

namespace Kist.Auth.Cert.Revocation;

/// <summary>What an OCSP server says of a certificate.</summary>
internal enum OcspStatus
{
    /// <summary>It does not know the certificate, or gave no answer that counts.</summary>
    Unknown,

    /// <summary>Not revoked.</summary>
    Good,

    /// <summary>Revoked.</summary>
    Revoked,
}

/// <summary>What an answer says of one certificate.</summary>
/// <param name="Status">The status.</param>
/// <param name="ThisUpdate">Since when that is known to be right.</param>
/// <param name="NextUpdate">When more will be known; null when that may be at any time.</param>
internal sealed record OcspStatement(OcspStatus Status, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate);

/// <summary>The name of a certificate in OCSP (RFC 6960 section 4.1.1): hashes of its issuer's name and key, and its serial number.</summary>
internal sealed record OcspCertificateId(byte[] IssuerName, byte[] IssuerKey, byte[] Serial)
{
    private const string Sha1Oid = "1.3.14.3.2.26";

    /// <summary>The name of a certificate; null when it cannot be read.</summary>
    public static OcspCertificateId? Of(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        if (CertificateSerial.Of(certificate) is not { } serial)
            return null;
        var key = issuer.PublicKey.EncodedKeyValue.RawData;
        return new OcspCertificateId(Hash(issuer.SubjectName.RawData), Hash(key), serial.ToByteArray(isUnsigned: false, isBigEndian: true));
    }

    /// <summary>Writes it.</summary>
    public void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Sha1Oid);
                writer.WriteNull();
            }
            writer.WriteOctetString(IssuerName);
            writer.WriteOctetString(IssuerKey);
            writer.WriteInteger(Serial);
        }
    }

    /// <summary>Whether what comes next is the same name.</summary>
    public bool IsNext(AsnReader reader)
    {
        var id = reader.ReadSequence();
        return id.ReadSequence().ReadObjectIdentifier() == Sha1Oid
            && id.ReadOctetString().AsSpan().SequenceEqual(IssuerName)
            && id.ReadOctetString().AsSpan().SequenceEqual(IssuerKey)
            && id.ReadIntegerBytes().Span.SequenceEqual(Serial);
    }

    [SuppressMessage("ApiDesign", "RS0030", Justification = "What servers know certificates by (RFC 5019); the answer's signature is what is believed.")]
    [SuppressMessage("Security", "CA5350", Justification = "See above.")]
    [SuppressMessage("Security", "S4790", Justification = "See above.")]
    private static byte[] Hash(byte[] bytes) => SHA1.HashData(bytes);
}

/// <summary>Writes OCSP requests and reads the answers (RFC 6960).</summary>
internal static class OcspMessage
{
    private const string BasicAnswer = "1.3.6.1.5.5.7.48.1.1";
    private const string NonceExtension = "1.3.6.1.5.5.7.48.1.2";
    private const int MostCertificates = 10;

    private static readonly Asn1Tag Tag0 = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Tag1 = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag Tag2 = new(TagClass.ContextSpecific, 2);

    /// <summary>A request about one certificate.</summary>
    public static byte[] Request(OcspCertificateId id, byte[] nonce)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            using (writer.PushSequence())
                id.Write(writer);
            using (writer.PushSequence(Tag2))
            using (writer.PushSequence())
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(NonceExtension);
                using (writer.PushOctetString())
                    writer.WriteOctetString(nonce);
            }
        }
        return writer.Encode();
    }

    /// <summary>The signed part of an answer and the certificates that came with it; null when the server had none to give.</summary>
    public static (SignedData Signed, List<X509Certificate2> Certificates)? Open(byte[] answer)
    {
        var certificates = new List<X509Certificate2>();
        try
        {
            var whole = new AsnReader(answer, AsnEncodingRules.DER).ReadSequence();
            // 0 is successful; the rest of an answer that is not is empty.
            if (!whole.ReadEnumeratedBytes().Span.SequenceEqual("\0"u8))
                return null;
            var body = whole.ReadSequence(Tag0).ReadSequence();
            if (body.ReadObjectIdentifier() != BasicAnswer || !SignedData.TryRead(body.ReadOctetString(), out var signed))
                return null;
            if (!signed.Rest.IsEmpty)
            {
                var list = new AsnReader(signed.Rest, AsnEncodingRules.DER).ReadSequence(Tag0).ReadSequence();
                while (list.HasData && certificates.Count < MostCertificates)
                    certificates.Add(X509CertificateLoader.LoadCertificate(list.ReadEncodedValue().Span));
            }
            return (signed, certificates);
        }
        catch (Exception e) when (e is AsnContentException or CryptographicException)
        {
            certificates.ForEach(c => c.Dispose());
            return null;
        }
    }

    /// <summary>What the signed part says of a certificate; null when it says nothing of it, or answers another request.</summary>
    public static OcspStatement? Find(SignedData signed, OcspCertificateId id, byte[] nonce)
    {
        try
        {
            var data = new AsnReader(signed.Content, AsnEncodingRules.DER).ReadSequence();
            if (data.PeekTag().HasSameClassAndValue(Tag0))
                data.ReadEncodedValue();
            // Who answers; the signature tells.
            data.ReadEncodedValue();
            data.ReadGeneralizedTime();
            var statement = FindIn(data.ReadSequence(), id);
            return IsOther(data, nonce) ? null : statement;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static OcspStatement? FindIn(AsnReader statements, OcspCertificateId id)
    {
        while (statements.HasData)
        {
            var statement = statements.ReadSequence();
            if (!id.IsNext(statement))
                continue;
            var status = StatusOf(statement.PeekTag());
            statement.ReadEncodedValue();
            var thisUpdate = statement.ReadGeneralizedTime();
            DateTimeOffset? nextUpdate = statement.HasData && statement.PeekTag().HasSameClassAndValue(Tag0)
                ? statement.ReadSequence(Tag0).ReadGeneralizedTime()
                : null;
            return new OcspStatement(status, thisUpdate, nextUpdate);
        }
        return null;
    }

    private static OcspStatus StatusOf(Asn1Tag tag)
    {
        if (tag.HasSameClassAndValue(Tag0))
            return OcspStatus.Good;
        return tag.HasSameClassAndValue(Tag1) ? OcspStatus.Revoked : OcspStatus.Unknown;
    }

    // A server need not repeat the nonce; one that does must repeat ours.
    private static bool IsOther(AsnReader data, byte[] nonce)
    {
        if (!data.HasData || !data.PeekTag().HasSameClassAndValue(Tag1))
            return false;
        var extensions = data.ReadSequence(Tag1).ReadSequence();
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            if (extension.ReadObjectIdentifier() != NonceExtension)
                continue;
            if (extension.PeekTag() == Asn1Tag.Boolean)
                extension.ReadBoolean();
            return !new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadOctetString().AsSpan().SequenceEqual(nonce);
        }
        return false;
    }
}
