using System.Globalization;
using Kist.Auth.Cert.Revocation;
using Kist.Auth.Cert.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;

namespace Kist.Auth.Cert.Crls;

/// <summary><c>DELETE crls/name</c>.</summary>
internal static class CrlEndpoints
{
    public static async ValueTask<Outcome<Nothing>> DeleteAsync(NamedRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = CertName.Normal(request.Name);
        return name.Succeeded ? await CertStore.DeleteAsync(context, CertStore.Crls + name.Value, cancellationToken) : name.Failure;
    }

    /// <summary>Tells of a list that should be replaced.</summary>
    public static void WarnOfAge(Crl list, DateTimeOffset now, RequestContext context)
    {
        if (list.NextUpdate is { } next && next < now)
            context.Warn(string.Create(CultureInfo.InvariantCulture, $"the list ended at {next:u}: certificates that were revoked since are not in it"));
    }
}

/// <summary><c>GET crls/name</c>.</summary>
internal sealed class ReadCrl(TimeProvider clock)
{
    public async ValueTask<Outcome<CrlResponse>> HandleAsync(NamedRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = CertName.Normal(request.Name);
        if (!name.Succeeded)
            return name.Failure;
        if (await CertStore.ReadCrlAsync(context.Storage, name.Value, cancellationToken) is not { Record: var record })
            return Failure.NotFound();
        var (list, now) = (record.List(), clock.GetUtcNow());
        CrlEndpoints.WarnOfAge(list, now, context);
        return new CrlResponse
        {
            Serials = list.Revoked.OrderBy(e => e.Key).ToDictionary(
                e => e.Key.ToString(CultureInfo.InvariantCulture), e => new RevokedSerial { RevocationTime = e.Value }, StringComparer.Ordinal),
            Issuer = list.Issuer,
            ThisUpdate = list.ThisUpdate,
            NextUpdate = list.NextUpdate,
            Expired = list.NextUpdate < now,
            Url = record.Url,
        };
    }
}

/// <summary><c>POST crls/name</c>. The list is given, or fetched now and again later.</summary>
internal sealed class WriteCrl(RevocationHttp http, TimeProvider clock)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(CrlRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = CertName.Normal(request.Name);
        if (!name.Succeeded)
            return name.Failure;
        var made = await MakeAsync(request, cancellationToken);
        if (!made.Succeeded)
            return made.Failure;
        var path = CertStore.Crls + name.Value;
        var outcome = await CertStore.ChangeAsync(context, _ => new(new Outcome<Transaction>(Put())), cancellationToken);
        if (!outcome.Succeeded)
            return outcome;
        CrlEndpoints.WarnOfAge(made.Value.List(), clock.GetUtcNow(), context);
        if (!await CrlSigners.IsOfRoleAsync(context.Storage, made.Value.List(), cancellationToken))
        {
            context.Warn(
                "no authority of a role has signed the list: it counts only for certificates whose issuer has, such as an intermediate that a client sends along");
        }
        return outcome;

        Transaction Put() => context.Storage.Begin().Put(context.Storage, path, made.Value, CertStoredJson.Default.CrlRecord);
    }

    private async ValueTask<Outcome<CrlRecord>> MakeAsync(CrlRequest request, CancellationToken cancellationToken)
    {
        if (request.Crl is { Length: > 0 } pem)
        {
            return CrlText.Read(pem) is { } given ? Checked(new CrlRecord { Der = given })
                : Failure.Invalid("cert.invalid_crl", "field \"crl\": expected one list in PEM form (-----BEGIN X509 CRL-----)");
        }
        if (request.Url is not { Length: > 0 } text)
            return Failure.Invalid("cert.invalid_crl", "one of the fields \"crl\" and \"url\" is required");
        if (!RevocationHttp.TryParse(text, out var url))
            return Failure.Invalid("cert.invalid_crl", "field \"url\": expected a http:// or https:// URL without user and password");
        return await http.GetAsync(url, 2 * Crl.MaxBytes, cancellationToken) is { } fetched
            ? Checked(CrlRefresh.Record(CrlText.Read(fetched), text, clock.GetUtcNow()))
            : Failure.Invalid("cert.crl_not_fetched", "field \"url\": no list could be fetched there: no answer 200 came in time, or it was too long");
    }

    private static Outcome<CrlRecord> Checked(CrlRecord record) => Crl.Parse(record.Der) is { Succeeded: false, Failure: var bad } ? bad : record;
}
