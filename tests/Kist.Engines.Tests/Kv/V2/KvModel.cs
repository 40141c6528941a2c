using System.Globalization;
using System.Text.Json.Nodes;
using Kist.Core.Pipeline;

namespace Kist.Engines.Tests.Kv.V2;

/// <summary>KV version 2 as its documentation tells it, in the simplest form that could be right: everything in memory, nothing at once.</summary>
internal sealed class KvModel(TimeProvider clock)
{
    private readonly SortedDictionary<string, Secret> secrets = new(StringComparer.Ordinal);
    private Settings mount = new();

    private DateTimeOffset Now => clock.GetUtcNow();

    public long CurrentVersion(string path) => secrets.TryGetValue(path, out var secret) ? secret.Current : 0;

    public (string Result, JsonNode? Body) Answer(KvRequest request)
    {
        var (target, query) = Split(request.Path, '?');
        var (area, path) = Split(target, '/');
        var version = query.Length == 0 ? 0 : long.Parse(query["version=".Length..], CultureInfo.InvariantCulture);
        var body = request.Body is null ? [] : JsonNode.Parse(request.Body)!.AsObject();
        secrets.TryGetValue(path, out var secret);
        return (area, request.Operation) switch
        {
            ("config", Operation.Read) => Ok(MountJson()),
            ("config", _) => SetMount(body),
            ("data", Operation.Read) => Read(secret, version, v => new JsonObject { ["data"] = v.Data?.DeepClone() }),
            ("data", Operation.Update) => Write(path, secret, body, body["data"]!.AsObject()),
            ("data", Operation.Patch) => Patch(path, secret, body),
            ("data", _) => Change(secret, [secret?.Current ?? 0], v => v.IsGone(Now), v => v.Deletion = Now),
            ("delete", _) => Change(secret, Versions(body), v => v.IsGone(Now), v => v.Deletion = Now),
            ("undelete", _) => Change(secret, Versions(body), v => v.Destroyed, v => v.Deletion = DeletionTime(secret!)),
            ("destroy", _) => Change(secret, Versions(body), _ => false, v => (v.Destroyed, v.Data) = (true, null)),
            ("metadata", Operation.Read) => secret is null ? NotFound : Ok(MetadataJson(secret)),
            ("metadata", Operation.Update) => SetMetadata(secret ?? (secrets[path] = new Secret { Created = Now, Updated = Now }), body),
            ("metadata", Operation.Patch) => secret is null ? NotFound : SetMetadata(secret, body, patch: true),
            ("metadata", Operation.Delete) => Remove(path),
            ("metadata", Operation.List) => Names(path, recursive: false),
            ("metadata", Operation.Scan) => Names(path, recursive: true),
            _ => throw new InvalidOperationException($"the model does not know {request}"),
        };
    }

    private static (string Result, JsonNode? Body) NotFound => ("not_found", null);

    private static (string Result, JsonNode? Body) Done => ("ok", null);

    private static (string Result, JsonNode? Body) Ok(JsonNode body) => ("ok", body);

    private static (string, string) Split(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is var i and >= 0 ? (text[..i], text[(i + 1)..]) : (text, "");

    private static IEnumerable<long> Versions(JsonObject body) => body["versions"]!.AsArray().Select(v => (long)v!.GetValue<int>());

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static JsonObject StateJson(Version version) => new()
    {
        ["created_time"] = Time(version.Created),
        ["deletion_time"] = version.Deletion is { } deletion ? Time(deletion) : "",
        ["destroyed"] = version.Destroyed,
    };

    private static JsonObject VersionJson(Secret secret, long number)
    {
        var json = StateJson(secret.Kept[number]);
        json["version"] = number;
        json["custom_metadata"] = secret.Own.Labels?.DeepClone();
        return json;
    }

    // Whole seconds below a minute are all that the steps use.
    private static string Duration(int seconds) => $"{seconds}s";

    private (string, JsonNode?) Read(Secret? secret, long number, Func<Version, JsonObject> show)
    {
        number = number == 0 ? secret?.Current ?? 0 : number;
        if (secret is null || !secret.Kept.TryGetValue(number, out var version))
            return NotFound;
        var gone = version.IsGone(Now);
        var body = gone ? new JsonObject { ["data"] = null } : show(version);
        body["metadata"] = VersionJson(secret, number);
        return (gone ? "gone" : "ok", body);
    }

    private string? CasFault(Secret? secret, JsonObject body)
    {
        if (body["options"]?["cas"] is { } cas)
            return cas.GetValue<long>() == (secret?.Current ?? 0) ? null : "kv.version_conflict";
        return mount.Cas || secret is { Own.Cas: true } ? "kv.cas_required" : null;
    }

    private (string, JsonNode?) Write(string path, Secret? secret, JsonObject body, JsonObject data)
    {
        if (CasFault(secret, body) is { } fault)
            return (fault, null);
        secret ??= secrets[path] = new Secret { Created = Now };
        secret.Kept[++secret.Current] = new Version { Created = Now, Deletion = DeletionTime(secret), Data = (JsonObject)data.DeepClone() };
        secret.Updated = Now;
        var most = new[] { secret.Own.Most, mount.Most, 10 }.First(limit => limit > 0);
        if (secret.Current >= secret.Oldest + most)
            secret.Oldest = secret.Current - most + 1;
        foreach (var old in secret.Kept.Keys.Where(v => v < secret.Oldest).ToList())
            secret.Kept.Remove(old);
        return Ok(VersionJson(secret, secret.Current));
    }

    private (string, JsonNode?) Patch(string path, Secret? secret, JsonObject body)
    {
        if (secret is null)
            return NotFound;
        if (CasFault(secret, body) is { } fault)
            return (fault, null);
        if (!secret.Kept.TryGetValue(secret.Current, out var latest))
            return NotFound;
        return latest.IsGone(Now)
            ? ("gone", VersionJson(secret, secret.Current))
            : Write(path, secret, body, Merge(latest.Data!, body["data"]!.AsObject()));
    }

    private static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        var merged = (JsonObject)target.DeepClone();
        foreach (var (name, value) in patch)
        {
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = value is JsonObject nested ? Merge(merged[name] as JsonObject ?? [], nested) : value.DeepClone();
        }
        return merged;
    }

    private static (string, JsonNode?) Change(Secret? secret, IEnumerable<long> numbers, Func<Version, bool> leave, Action<Version> change)
    {
        foreach (var number in numbers.ToList())
        {
            if (secret is not null && secret.Kept.TryGetValue(number, out var version) && !leave(version))
                change(version);
        }
        return Done;
    }

    private DateTimeOffset? DeletionTime(Secret secret)
    {
        int[] ages = [.. new[] { mount.DeleteAfter, secret.Own.DeleteAfter }.Where(age => age > 0)];
        return mount.DeleteAfter < 0 || ages.Length == 0 ? null : Now.AddSeconds(ages.Min());
    }

    private JsonObject MountJson() => new()
    {
        ["cas_required"] = mount.Cas,
        ["delete_version_after"] = Duration(mount.DeleteAfter),
        ["max_versions"] = mount.Most,
    };

    private static JsonObject MetadataJson(Secret secret)
    {
        var versions = new JsonObject();
        foreach (var (number, version) in secret.Kept)
            versions[number.ToString(CultureInfo.InvariantCulture)] = StateJson(version);
        return new()
        {
            ["cas_required"] = secret.Own.Cas,
            ["created_time"] = Time(secret.Created),
            ["current_version"] = secret.Current,
            ["custom_metadata"] = secret.Own.Labels?.DeepClone(),
            ["delete_version_after"] = Duration(secret.Own.DeleteAfter),
            ["max_versions"] = secret.Own.Most,
            ["oldest_version"] = secret.Oldest,
            ["updated_time"] = Time(secret.Updated),
            ["versions"] = versions,
        };
    }

    private (string, JsonNode?) SetMount(JsonObject body)
    {
        mount = mount.With(body, patch: false);
        return Done;
    }

    private static (string, JsonNode?) SetMetadata(Secret secret, JsonObject body, bool patch = false)
    {
        secret.Own = secret.Own.With(body, patch);
        return Done;
    }

    private (string, JsonNode?) Remove(string path)
    {
        secrets.Remove(path);
        return Done;
    }

    private (string, JsonNode?) Names(string folder, bool recursive)
    {
        var below = secrets.Keys.Where(path => path.StartsWith(folder, StringComparison.Ordinal)).Select(path => path[folder.Length..]);
        string[] names = [.. (recursive ? below : below.Select(path => path.IndexOf('/') is var i and >= 0 ? path[..(i + 1)] : path)).Distinct()];
        var keys = new JsonArray([.. names.Order(StringComparer.Ordinal).Select(name => JsonValue.Create(name))]);
        return names.Length == 0 ? NotFound : Ok(new JsonObject { ["keys"] = keys });
    }

    private sealed record Settings
    {
        public int Most { get; init; }

        public bool Cas { get; init; }

        public int DeleteAfter { get; init; }

        public JsonObject? Labels { get; init; }

        public Settings With(JsonObject body, bool patch) => new()
        {
            Most = body.TryGetPropertyValue("max_versions", out var most) ? most?.GetValue<int>() ?? 0 : Most,
            Cas = body.TryGetPropertyValue("cas_required", out var cas) ? cas?.GetValue<bool>() ?? false : Cas,
            DeleteAfter = body.TryGetPropertyValue("delete_version_after", out var age) ? age?.GetValue<int>() ?? 0 : DeleteAfter,
            Labels = body.TryGetPropertyValue("custom_metadata", out var labels) ? NewLabels(labels as JsonObject, patch) : Labels,
        };

        private JsonObject? NewLabels(JsonObject? labels, bool patch)
        {
            if (labels is null)
                return null;
            var next = patch ? Merge(Labels ?? [], labels) : labels;
            return next.Count == 0 ? null : next;
        }
    }

    private sealed class Secret
    {
        public long Current { get; set; }

        public long Oldest { get; set; }

        public DateTimeOffset Created { get; init; }

        public DateTimeOffset Updated { get; set; }

        public Settings Own { get; set; } = new();

        public SortedDictionary<long, Version> Kept { get; } = [];
    }

    private sealed class Version
    {
        public DateTimeOffset Created { get; init; }

        public DateTimeOffset? Deletion { get; set; }

        public bool Destroyed { get; set; }

        public JsonObject? Data { get; set; }

        public bool IsGone(DateTimeOffset now) => Destroyed || Deletion <= now;
    }
}
