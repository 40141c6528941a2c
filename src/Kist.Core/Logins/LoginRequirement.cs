using System.Runtime.CompilerServices;
using Kist.Core.Certificates;
using Kist.Core.Pipeline;

namespace Kist.Core.Logins;

/// <summary>
/// What a role requires besides the proof that its auth method asks for, as stored in the role's record: a certificate that the client shows on the same
/// connection, from an authority that the method need not know, and hours. Checked at each login and each renewal; all of it must hold.
/// </summary>
public sealed record LoginRequirement
{
    private const int MostPatterns = 256;

    private static readonly ConditionalWeakTable<LoginRequirement, TrustedCertificates> Authorities = [];

    /// <summary>PEM certificates of the authorities one of which must vouch for the client's certificate; empty when none is required.</summary>
    public string CertificateAuthorities { get; init; } = "";

    /// <summary>Patterns of which one must match an alternative name (DNS, mail or URI) of the client's certificate; empty for all.</summary>
    public IReadOnlyList<string> CertificateNames { get; init; } = [];

    /// <summary>Times of which one must be now: <c>Mon-Fri 08:00-18:00</c>, in UTC; empty for always.</summary>
    public IReadOnlyList<string> Hours { get; init; } = [];

    /// <summary>True when it requires nothing.</summary>
    internal bool IsEmpty => CertificateAuthorities.Length == 0 && CertificateNames.Count == 0 && Hours.Count == 0;

    /// <summary>Whether a request meets it.</summary>
    internal bool IsMetBy(Request request, DateTimeOffset now) => IsTime(now) && HasCertificate(request.ClientCertificate, now);

    /// <summary>What is wrong with it; null when nothing is.</summary>
    internal Failure? Check()
    {
        if (CertificateAuthorities.Length > 0)
        {
            var read = TrustedCertificates.Read(CertificateAuthorities, "login_certificate_authorities");
            if (!read.Succeeded)
                return read.Failure;
            if (!read.Value.All.All(c => c.IsAuthority()))
                return Invalid("login_certificate_authorities", "holds a certificate that is not an authority's");
        }
        else if (CertificateNames.Count > 0)
        {
            return Invalid("login_certificate_names", "needs login_certificate_authorities: a name says nothing unless somebody vouches for it");
        }
        if (CertificateNames.Count > MostPatterns || Hours.Count > MostPatterns)
            return Invalid(CertificateNames.Count > MostPatterns ? "login_certificate_names" : "login_hours", $"has more than {MostPatterns} entries");
        return Hours.FirstOrDefault(h => !TimeWindow.TryParse(h, out _)) is { } wrong
            ? Invalid("login_hours", $"\"{wrong}\" is not of the form \"08:00-18:00\" or \"Mon-Fri 08:00-18:00\" (UTC)")
            : null;
    }

    private static Failure Invalid(string field, string what) => Failure.Invalid("login.invalid_settings", $"field \"{field}\": {what}");

    private TrustedCertificates ReadAuthorities() =>
        TrustedCertificates.Read(CertificateAuthorities, "login_certificate_authorities") is { Succeeded: true, Value: var read } ? read : TrustedCertificates.None;

    // What cannot be read includes no time: a bound is never loosened by a fault.
    private bool IsTime(DateTimeOffset now) => Hours.Count == 0 || Hours.Any(h => TimeWindow.TryParse(h, out var window) && window.Contains(now));

    private bool HasCertificate(ClientCertificate? shown, DateTimeOffset now)
    {
        if (CertificateAuthorities.Length == 0)
            return true;
        using var presented = PresentedCertificates.Read(shown);
        if (presented is null || (CertificateNames.Count > 0 && !NamePatterns.MatchAny(CertificateNames, presented.Names.Alternative)))
            return false;
        return Authorities.GetValue(this, static r => r.ReadAuthorities()).Authorities.Any(authority => presented.WayTo(authority, now) is not null);
    }
}
