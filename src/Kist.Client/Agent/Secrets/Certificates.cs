using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Kist.Client.Templates.Values;

namespace Kist.Client.Agent.Secrets;

/// <summary>A certificate with its key, all PEM.</summary>
internal sealed record IssuedCertificate(string Certificate, string Key, string Authority, IReadOnlyList<string> Chain)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => "a certificate";
}

/// <summary>Certificates of answers, and those that a rendered file still holds.</summary>
internal static class Certificates
{
    // Of its life; a little earlier at random, so that what was issued at once is not renewed at once.
    private const double UsefulShare = 0.9;
    private const int MostSpread = 50;

    private const string Label = "CERTIFICATE";

    private static readonly TimeSpan LeastPause = TimeSpan.FromMinutes(1);

    /// <summary>What an answer issues; null when it holds no certificate in PEM form.</summary>
    public static IssuedCertificate? Read(JsonElement data)
    {
        if (data.Text("certificate") is not { } certificate || Parse(certificate) is not { } parsed)
            return null;
        parsed.Dispose();
        return new IssuedCertificate(
            Lines(certificate),
            Lines(data.Text("private_key") ?? ""),
            Lines(data.Text("issuing_ca") ?? ""),
            [.. data.Texts("ca_chain").Select(Lines)]);
    }

    /// <summary>When the certificate of an answer is to be issued anew; null when it has none.</summary>
    public static DateTimeOffset? RenewalOf(JsonElement data, DateTimeOffset now)
    {
        if (data.Text("certificate") is not { } text || data.Field("private_key") is null)
            return null;
        using var certificate = Parse(text);
        return certificate is null ? null : RenewalOf(certificate, now);
    }

    /// <summary>What templates get, with the time of its renewal.</summary>
    /// <exception cref="CryptographicException">It is no certificate.</exception>
    public static FetchedSecret Fetched(IssuedCertificate issued, DateTimeOffset now)
    {
        using var certificate = X509Certificate2.CreateFromPem(issued.Certificate);
        var value = SecretRecords.Certificate(issued.Certificate, issued.Key, issued.Authority, issued.Chain);
        return new FetchedSecret(value, Refreshing.At) { RefreshAt = RenewalOf(certificate, now) };
    }

    /// <summary>
    /// The certificate that a file holds, if it can go on being used: with its key and its issuer, for the wanted names, and not yet to be renewed.
    /// Else null: then a new one is to be issued. A part that is missing would make the template write files in which it is missing.
    /// </summary>
    public static IssuedCertificate? Reusable(string text, IReadOnlyDictionary<string, string> parameters, DateTimeOffset now)
    {
        var certificates = new List<(string Pem, X509Certificate2 Parsed)>();
        try
        {
            string? key = null;
            foreach (var (label, pem) in Blocks(text))
            {
                if (label == Label && Parse(pem) is { } parsed)
                    certificates.Add((pem, parsed));
                else if (label.EndsWith("PRIVATE KEY", StringComparison.Ordinal))
                    key ??= pem;
            }
            if (key is null || certificates.Find(c => Fits(c.Parsed, key)) is not { Parsed: not null } own)
                return null;
            var others = certificates.Where(c => !ReferenceEquals(c.Parsed, own.Parsed)).ToList();
            var issuer = others.Find(c => c.Parsed.SubjectName.RawData.AsSpan().SequenceEqual(own.Parsed.IssuerName.RawData));
            if (issuer.Parsed is null || !IsFor(own.Parsed, parameters) || !IsFresh(own.Parsed, now))
                return null;
            // Once each: a template that writes the issuer and the chain has some twice, and would have them more often each time.
            return new IssuedCertificate(own.Pem, key, issuer.Pem, [.. others.Select(static c => c.Pem).Distinct(StringComparer.Ordinal)]);
        }
        finally
        {
            foreach (var (_, parsed) in certificates)
                parsed.Dispose();
        }
    }

    // A clock that is wrong must not make one certificate follow the other, nor keep one beyond its life.
    private static DateTimeOffset RenewalOf(X509Certificate2 certificate, DateTimeOffset now)
    {
        var life = certificate.NotAfter - certificate.NotBefore;
        var soonest = now + (life / 4 < LeastPause ? life / 4 : LeastPause);
        var (renewal, latest) = (RenewalOf(certificate), now + (life * UsefulShare));
        if (renewal > latest)
            return latest;
        return renewal > soonest ? renewal : soonest;
    }

    private static DateTimeOffset RenewalOf(X509Certificate2 certificate)
    {
        var (begins, ends) = (new DateTimeOffset(certificate.NotBefore), new DateTimeOffset(certificate.NotAfter));
        return begins + ((ends - begins) * UsefulShare * (1 - (RandomNumberGenerator.GetInt32(0, MostSpread) / 1000.0)));
    }

    private static bool IsFresh(X509Certificate2 certificate, DateTimeOffset now) =>
        new DateTimeOffset(certificate.NotBefore) <= now && now < RenewalOf(certificate);

    private static bool IsFor(X509Certificate2 certificate, IReadOnlyDictionary<string, string> parameters)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { certificate.GetNameInfo(X509NameType.SimpleName, false) };
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            names.UnionWith(extension.EnumerateDnsNames());
            names.UnionWith(extension.EnumerateIPAddresses().Select(static a => a.ToString()));
        }
        var wanted = ((string[])["common_name", "alt_names", "ip_sans"]).SelectMany(name =>
            parameters.GetValueOrDefault(name, "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return wanted.All(names.Contains);
    }

    private static bool Fits(X509Certificate2 certificate, string key)
    {
        try
        {
            using var both = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static IEnumerable<(string Label, string Pem)> Blocks(string text)
    {
        while (PemEncoding.TryFind(text, out var fields))
        {
            yield return (text[fields.Label], Lines(text[fields.Location]));
            text = text[fields.Location.End..];
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Whoever called disposes of it.")]
    private static X509Certificate2? Parse(string pem)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    // Servers leave the last line break away, and texts that follow one another would run together.
    private static string Lines(string pem) => pem.Trim() is { Length: > 0 } trimmed ? trimmed + "\n" : "";
}
