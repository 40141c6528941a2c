using System.Net;
using Kist.Client.Run.Watching;

namespace Kist.Client.Run;

/// <summary>Values from the server. Each secret is read once, however many of its fields are asked for, and all at the same time.</summary>
/// <param name="client">Speaks to the server; thread-safe.</param>
/// <param name="leases">Takes note of the leases that come with answers.</param>
/// <param name="versions">Takes note of what was read, so that a change is seen.</param>
public sealed class KistSource(Func<KistClient> client, LeaseKeeper leases, ReadVersions versions) : ISecretSource
{
    private const int MostAtOnce = 16;

    /// <summary>True when nothing else is fetched beside: a single request may then block the caller (<see cref="ApiRequest.InPlace"/>).</summary>
    public bool IsAlone { get; set; }

    /// <summary>The state that answers must include, by what was told of changes; null when nothing was. A node that lags behind it would hide a change.</summary>
    public Func<long?> Told { get; init; } = static () => null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SecretAnswer>> FetchAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        var parsed = ids.Select(SecretId.Parse).ToList();
        var sources = parsed.GroupBy(static id => id.Source, StringComparer.Ordinal).ToList();
        var answers = new SecretAnswer[ids.Count];
        using var places = new SemaphoreSlim(MostAtOnce);
        await Task.WhenAll(sources.Select(async source =>
        {
            await places.WaitAsync(cancellation);
            try
            {
                var answer = await ReadAsync(source.First(), inPlace: IsAlone && sources.Count == 1, cancellation);
                for (var i = 0; i < parsed.Count; i++)
                {
                    if (parsed[i].Source == source.Key)
                        answers[i] = answer(parsed[i]);
                }
            }
            finally
            {
                places.Release();
            }
        }));
        return answers;
    }

    private async Task<Func<SecretId, SecretAnswer>> ReadAsync(SecretId id, bool inPlace, CancellationToken cancellation)
    {
        try
        {
            var response = await SendAsync(ApiRequest.Read(id.Path, id.Query) with { InPlace = inPlace, RequiredIndex = Told() }, cancellation);
            if (response.IsNothing)
                return _ => SecretAnswer.Failed($"{id.Path}: there is no such secret{Hint(id.Path)}");
            var reading = new SecretReading(response.EnsureFound());
            if (reading.LeaseId.Length > 0)
                leases.Add(reading.LeaseId, TimeSpan.FromSeconds(reading.LeaseSeconds), reading.IsRenewable);
            versions.Note(id, reading.Version, response.Body, reading.LeaseId.Length > 0);
            return reading.Field;
        }
        catch (ApiException e)
        {
            var reason = e.Errors.Count > 0 ? string.Join("; ", e.Errors.Select(static m => m.Trim())) : "the server gave no reason";
            return _ => SecretAnswer.Failed($"{id.Path}: {(int)e.Status}: {reason}");
        }
        catch (ConnectionException e)
        {
            return _ => SecretAnswer.Failed($"{id.Path}: {e.Message}");
        }
    }

    // After a restore the server may never again reach the state that it once told of: then what it has must do.
    private async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellation)
    {
        var response = await client().SendAsync(request, cancellation);
        return response.Status == HttpStatusCode.PreconditionFailed && request.RequiredIndex is not null
            ? await client().SendAsync(request with { RequiredIndex = null }, cancellation)
            : response;
    }

    private static string Hint(string path) =>
        path.Contains("/data/", StringComparison.Ordinal)
            ? ""
            : "; on a mount of version 2 its path has data/ after the mount, as in secret/data/app/db";
}
