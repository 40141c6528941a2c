using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Crypto.Jose;
using Kist.Wire;

namespace Kist.Core.Identity.Oidc;

/// <summary>
/// Claims as a role's template says: JSON in which <c>{{parameters}}</c> stand for whole values. Each value goes in as JSON of its own, so whatever
/// it holds, it
/// stays one value.
/// </summary>
internal static class OidcTemplate
{
    private const int MaxLength = 64 * 1024;

    // A value may be a list or a map, and verifiers read no deeper than this server does.
    private const int MaxDepth = StrictJson.MaxDepth - 1;

    // What tokens hold in any case, or what other parts of OpenID Connect give a meaning to.
    private static readonly string[] Reserved = ["iss", "sub", "aud", "exp", "iat", "namespace", "nonce", "auth_time", "at_hash", "c_hash"];

    /// <summary>The text of a template, which may have come in base64; a failure when it can make no claims.</summary>
    public static Outcome<string> Parse(string text)
    {
        if (text.Length > MaxLength)
            return Invalid($"has more than {MaxLength} characters");
        var template = text;
        if (text.Length > 0 && !text.TrimStart().StartsWith('{'))
        {
            var decoded = new byte[text.Length];
            if (!Convert.TryFromBase64String(text, decoded, out var length))
                return Invalid("is neither a JSON object nor one in base64");
            template = Encoding.UTF8.GetString(decoded, 0, length);
        }
        if (string.IsNullOrWhiteSpace(template))
            return "";
        var filled = Fill(template, parameter => IsKnown(parameter) ? JsonValue.Create("") : null, MaxDepth);
        if (!filled.Succeeded)
            return filled.Failure;
        // A number can stand where a value can and where a name cannot: a name that metadata fill in could be any claim.
        var numbers = Fill(template, _ => JsonValue.Create(0), MaxDepth);
        if (!numbers.Succeeded)
            return numbers.Failure;
        return Reserved.FirstOrDefault(filled.Value.ContainsKey) is { } reserved
            ? Invalid($"must not set \"{reserved}\", which tokens have of themselves")
            : template;
    }

    /// <summary>The claims for an entity.</summary>
    public static Outcome<JsonObject> Fill(string template, ResolvedEntity entity, DateTimeOffset now) =>
        template.Length == 0 ? new JsonObject() : Fill(template, parameter => ValueOf(parameter, entity, now), StrictJson.MaxDepth);

    // A parameter without a value is an empty one; null for what is no parameter.
    private static Outcome<JsonObject> Fill(string template, Func<string, JsonNode?> values, int maxDepth)
    {
        var json = new StringBuilder(template.Length);
        var start = 0;
        while (template.IndexOf("{{", start, StringComparison.Ordinal) is >= 0 and var open)
        {
            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                return Invalid("has a parameter that is not closed by \"}}\"");
            var parameter = template[(open + 2)..close].Trim();
            if (values(parameter) is not { } value)
                return Invalid($"has the unknown parameter \"{parameter}\"");
            json.Append(template, start, open - start).Append(value.ToJsonString());
            start = close + 2;
        }
        json.Append(template, start, template.Length - start);
        try
        {
            var strict = new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = false };
            if (JsonNode.Parse(json.ToString(), null, strict) is not JsonObject claims)
                return Invalid("is no JSON object");
            return claims;
        }
        catch (JsonException)
        {
            return Invalid("is not JSON once its parameters are filled in; parameters stand without quotes");
        }
    }

    private static bool IsKnown(string parameter) =>
        TemplateValues.IsKnown(parameter) || IsMap(parameter) || Moment(parameter, DateTimeOffset.UnixEpoch) is not null
        || parameter is "identity.entity.groups.ids" or "identity.entity.groups.names";

    private static bool IsMap(string parameter) => parameter == "identity.entity.metadata"
        || (parameter.StartsWith("identity.entity.aliases.", StringComparison.Ordinal)
            && (parameter.EndsWith(".metadata", StringComparison.Ordinal) || parameter.EndsWith(".custom_metadata", StringComparison.Ordinal)));

    private static JsonNode? ValueOf(string parameter, ResolvedEntity entity, DateTimeOffset now)
    {
        var groups = entity.Direct.Concat(entity.Inherited);
        if (parameter == "identity.entity.groups.ids")
            return new JsonArray([.. groups.Select(g => JsonValue.Create(g.Id))]);
        if (parameter == "identity.entity.groups.names")
            return new JsonArray([.. groups.Select(g => JsonValue.Create(g.Name))]);
        if (parameter == "identity.entity.metadata")
            return Map(entity.Record.Metadata);
        if (Moment(parameter, now) is { } moment)
            return JsonValue.Create(moment);
        if (IsMap(parameter))
        {
            var accessor = parameter["identity.entity.aliases.".Length..parameter.LastIndexOf('.')];
            var alias = entity.Record.Aliases.FirstOrDefault(a => string.Equals(a.Accessor, accessor, StringComparison.Ordinal));
            var map = parameter.EndsWith(".custom_metadata", StringComparison.Ordinal) ? alias?.CustomMetadata : alias?.Metadata;
            return Map(map ?? new Dictionary<string, string>(StringComparer.Ordinal));
        }
        return TemplateValues.IsKnown(parameter) ? JsonValue.Create(new TemplateValues(entity).Find(parameter) ?? "") : null;
    }

    private static JsonObject Map(IReadOnlyDictionary<string, string> map)
    {
        var json = new JsonObject();
        foreach (var (key, value) in map)
            json[key] = value;
        return json;
    }

    // Seconds since 1970; null for what is no time.
    private static long? Moment(string parameter, DateTimeOffset now)
    {
        const string plus = "time.now.plus.";
        const string minus = "time.now.minus.";
        if (parameter == "time.now")
            return now.ToUnixTimeSeconds();
        var sign = parameter.StartsWith(plus, StringComparison.Ordinal) ? 1 : -1;
        if (sign < 0 && !parameter.StartsWith(minus, StringComparison.Ordinal))
            return null;
        var text = parameter[(sign > 0 ? plus : minus).Length..];
        return GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero && duration < TimeSpan.FromDays(36_500)
            ? now.ToUnixTimeSeconds() + (sign * (long)duration.TotalSeconds)
            : null;
    }

    private static Failure Invalid(string what) => Failure.Invalid("identity.template", $"field \"template\": it {what}");
}
