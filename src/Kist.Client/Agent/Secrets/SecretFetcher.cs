using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client.Settings;
using Kist.Client.Templates;
using Kist.Client.Templates.Values;
using Kist.Client.Watching;
using Kist.Crypto;

namespace Kist.Client.Agent.Secrets;

/// <summary>Asks the server for what templates depend on. Thread-safe.</summary>
/// <param name="requests">Speaks to the server.</param>
/// <param name="leaseThreshold">The share of its time after which a lease that cannot be renewed is given up.</param>
/// <param name="time">The clock.</param>
internal sealed class SecretFetcher(AgentRequests requests, double leaseThreshold, TimeProvider time)
{
    private readonly KvPaths places = new(requests, time);
    private readonly TimeProvider wall = SteadyTime.Wall(time);

    /// <summary>Fetches a dependency of any kind but a file.</summary>
    /// <param name="dependency">What to fetch.</param>
    /// <param name="atLeast">The state that the answer must include, or null.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="SecretException">It cannot be had.</exception>
    public async Task<FetchedSecret> FetchAsync(TemplateDependency dependency, long? atLeast, CancellationToken cancellation)
    {
        var (path, query) = Divide(dependency.Path);
        try
        {
            return dependency.Kind switch
            {
                TemplateDependencyKind.Read => await ReadAsync(path, query, atLeast, cancellation),
                TemplateDependencyKind.List => await ListAsync(path, query, atLeast, cancellation),
                TemplateDependencyKind.Write => await WriteAsync(path, query, dependency, cancellation),
                TemplateDependencyKind.Certificate => await IssueAsync(path, query, dependency, cancellation),
                _ => throw new InvalidOperationException("files are read elsewhere"),
            };
        }
        catch (Exception e) when (e is ApiException or ConnectionException or SettingException or FormatException)
        {
            throw new SecretException($"{path}: {OneLine(e)}");
        }
    }

    private async Task<FetchedSecret> ReadAsync(
        string path, IReadOnlyList<KeyValuePair<string, string>> query, long? atLeast, CancellationToken cancellation)
    {
        var place = await places.FindAsync(path, "data", cancellation);
        var (response, sent) = await SendAsync(ApiRequest.Read(place.Path, query), atLeast, cancellation);
        if (response.Status == HttpStatusCode.NotFound)
            places.Forget(path);
        var answer = Answer(path, response, missing: Watchable(place));
        return Leased(answer, sent) ?? Timed(answer) ?? Noticed(Plain(answer), place);
    }

    private async Task<FetchedSecret> ListAsync(
        string path, IReadOnlyList<KeyValuePair<string, string>> query, long? atLeast, CancellationToken cancellation)
    {
        var place = await places.FindAsync(path, "metadata", cancellation);
        var (response, _) = await SendAsync(ApiRequest.Read(place.Path, [.. query, new("list", "true")]), atLeast, cancellation);
        // An empty folder is one that is not there.
        var keys = response.IsNothing ? [] : Answer(path, response).Object("data")?.Texts("keys") ?? [];
        var fetched = new FetchedSecret(TemplateValue.Of(keys), Refreshing.Regularly);
        // Nobody tells of keys that have metadata alone, so lists are read again besides.
        return place.Noticed is { } folder && ServerWatch.CanWatch($"{folder}/*") ? fetched with { WatchPath = $"{folder}/*" } : fetched;
    }

    private async Task<FetchedSecret> WriteAsync(
        string path, IReadOnlyList<KeyValuePair<string, string>> query, TemplateDependency dependency, CancellationToken cancellation)
    {
        var place = await places.FindAsync(path, "data", cancellation);
        var body = Body(dependency.Parameters);
        if (place.Version == 2 && place.Path.Contains("/data/", StringComparison.Ordinal))
            body = new JsonObject { ["data"] = body };
        var (response, sent) = await SendAsync(Write(place.Path, query, body), null, cancellation);
        var answer = Answer(path, response, isEmptyGood: true);
        return Leased(answer, sent) ?? Timed(answer) ?? Plain(answer);
    }

    private async Task<FetchedSecret> IssueAsync(
        string path, IReadOnlyList<KeyValuePair<string, string>> query, TemplateDependency dependency, CancellationToken cancellation)
    {
        var (response, _) = await SendAsync(Write(path, query, Body(dependency.Parameters)), null, cancellation);
        var data = Answer(path, response).Object("data") ?? default;
        return Certificates.Read(data) is { } certificate
            ? Certificates.Fetched(certificate, wall.GetUtcNow())
            : throw new FormatException("the answer has no certificate in PEM form");
    }

    // After a restore the server may never again reach the state that it once told of: then what it has must do.
    private async Task<(ApiResponse Response, SecretText Sent)> SendAsync(ApiRequest request, long? atLeast, CancellationToken cancellation)
    {
        var answer = await requests.SendWithAsync(request with { RequiredIndex = atLeast }, cancellation);
        return answer.Response.Status == HttpStatusCode.PreconditionFailed && atLeast is not null
            ? await requests.SendWithAsync(request, cancellation)
            : answer;
    }

    private static JsonElement Answer(string path, ApiResponse response, bool isEmptyGood = false, string? missing = null)
    {
        if (response.Status == HttpStatusCode.NotFound && response.Errors.Count == 0)
            throw new SecretException($"{path}: there is no such secret, or its newest version was deleted") { WatchPath = missing };
        if (response.EnsureSuccess().Json is { } json)
            return json;
        return isEmptyGood ? JsonElement.Parse("{}") : throw new FormatException("the answer is empty");
    }

    private FetchedSecret? Leased(JsonElement answer, SecretText sent)
    {
        SecretLease? lease = null;
        if (answer.Text("lease_id") is { Length: > 0 } id && Term(answer) is { } term)
            lease = new SecretLease(id, null, sent, term);
        else if (answer.Object("auth") is { } auth && auth.Text("client_token") is { Length: > 0 } made && Term(auth) is { } life)
            lease = new SecretLease("", new SecretText(made), sent, life);
        return lease is null ? null : new FetchedSecret(SecretRecords.Secret(answer), Refreshing.WithLease)
        {
            Lease = lease,
        };
    }

    private LeaseTerm? Term(JsonElement of) =>
        Duration(of) is { Ticks: > 0 } duration ? LeaseTerm.Begin(duration, of.IsTrue("renewable"), time, leaseThreshold) : null;

    /// <summary>What says itself until when it is good: a certificate, or a password that the server rotates.</summary>
    private FetchedSecret? Timed(JsonElement answer)
    {
        var data = answer.Object("data") ?? default;
        if (Certificates.RenewalOf(data, wall.GetUtcNow()) is { } renewal)
            return Plain(answer) with { Refreshing = Refreshing.At, RefreshAt = renewal };
        var rotates = data.Field("rotation_period") is not null || data.Field("rotation_schedule") is not null;
        return rotates && data.Number("ttl") is >= 0 and < int.MaxValue and var left
            ? Plain(answer) with { Refreshing = Refreshing.At, RefreshAt = wall.GetUtcNow() + TimeSpan.FromSeconds(left + 1) }
            : null;
    }

    private static FetchedSecret Plain(JsonElement answer) =>
        new(SecretRecords.Secret(answer), Refreshing.Regularly) { Pause = Asked(answer) };

    private static FetchedSecret Noticed(FetchedSecret fetched, KvPlace place)
    {
        if (Watchable(place) is not { } path)
            return fetched;
        var watched = fetched with { WatchPath = path };
        // Metadata may change without a change of the secret.
        return fetched.Pause > TimeSpan.Zero || path != place.Path ? watched : watched with { Refreshing = Refreshing.OnNotice };
    }

    private static string? Watchable(KvPlace place) => place.Noticed is { } path && ServerWatch.CanWatch(path) ? path : null;

    // Secrets of version 1 may say how long they are good for, and have no lease.
    private static TimeSpan Asked(JsonElement answer) => answer.Text("lease_id") is { Length: > 0 } || answer.Object("data")?.Field("ttl") is null
        ? TimeSpan.Zero
        : Duration(answer);

    private static TimeSpan Duration(JsonElement of) =>
        TimeSpan.FromSeconds(of.Number("lease_duration") is > 0 and < int.MaxValue and var seconds ? seconds : 0);

    private static ApiRequest Write(string path, IReadOnlyList<KeyValuePair<string, string>> query, JsonObject body) =>
        ApiRequest.Write(path, body) with { Query = query, BodyIsSecret = true };

    private static JsonObject Body(IReadOnlyDictionary<string, string> parameters) =>
        new(parameters.Select(static p => KeyValuePair.Create<string, JsonNode?>(p.Key, JsonValue.Create(p.Value))));

    private static (string Path, IReadOnlyList<KeyValuePair<string, string>> Query) Divide(string path)
    {
        var question = path.IndexOf('?', StringComparison.Ordinal);
        return question < 0
            ? (path, [])
            : (path[..question].Trim('/'), [.. path[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Pair)]);
    }

    private static KeyValuePair<string, string> Pair(string text)
    {
        var parts = text.Split('=', 2);
        return KeyValuePair.Create(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    private static string OneLine(Exception e) => e is ApiException api
        ? $"{string.Join("; ", api.Errors.Select(static x => x.ReplaceLineEndings(" ").Trim()))} (code {(int)api.Status})"
        : e.Message;
}
