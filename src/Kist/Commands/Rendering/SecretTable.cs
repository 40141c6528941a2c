using System.Text.Json;
using Kist.Client;

namespace Kist.Commands.Rendering;

/// <summary>Shows the envelope in which the server answers (lease, auth, wrapping, data) as rows of key and value, as Vault's program does.</summary>
internal static class SecretTable
{
    /// <summary>The rows; none when there is nothing to show.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(JsonElement secret) =>
        [.. Lease(secret), .. Auth(secret.Object("auth")), .. Wrap(secret.Object("wrap_info")), .. Data(secret.Object("data"))];

    /// <summary>The rows of an object, by key, with what looks like a duration in seconds written as one.</summary>
    public static IEnumerable<IReadOnlyList<string>> Data(JsonElement? data) =>
        data is { } fields ? GoText.Sorted(fields).Select(static p => Row(p.Name, Cell(p.Name, p.Value))) : [];

    /// <summary>One row.</summary>
    public static IReadOnlyList<string> Row(string key, string value) => [key, value];

    private static IEnumerable<IReadOnlyList<string>> Lease(JsonElement secret)
    {
        if (secret.Number("lease_duration") is not > 0)
            yield break;
        if (secret.Text("lease_id") is not { Length: > 0 } id)
        {
            // Without a lease this is only a hint of when to read again.
            yield return Row("refresh_interval", Seconds(secret, "lease_duration"));
            yield break;
        }

        yield return Row("lease_id", id);
        yield return Row("lease_duration", Seconds(secret, "lease_duration"));
        yield return Row("lease_renewable", Value(secret, "renewable"));
    }

    private static IEnumerable<IReadOnlyList<string>> Auth(JsonElement? found)
    {
        if (found is not { } auth)
            yield break;
        if (auth.Object("mfa_requirement") is { } requirement)
        {
            // There is no token before the proof is given.
            foreach (var row in Proof(requirement))
                yield return row;
            yield break;
        }

        if (auth.Text("client_token") is not null)
            yield return Row("token", Value(auth, "client_token"));
        yield return Row("token_accessor", Value(auth, "accessor"));
        yield return Row("token_duration", auth.Number("lease_duration") is > 0 ? Seconds(auth, "lease_duration") : "∞");
        yield return Row("token_renewable", Value(auth, "renewable"));
        foreach (var policies in (string[])["token_policies", "identity_policies", "policies"])
            yield return Row(policies, auth.Field(policies) is { ValueKind: JsonValueKind.Array } list ? GoText.Quoted(list) : "[]");
        foreach (var property in auth.Object("metadata") is { } metadata ? GoText.Sorted(metadata) : [])
            yield return Row($"token_meta_{property.Name}", GoText.Format(property.Value));
    }

    private static IEnumerable<IReadOnlyList<string>> Proof(JsonElement requirement)
    {
        yield return Row("mfa_request_id", Value(requirement, "mfa_request_id"));
        foreach (var constraint in requirement.Object("mfa_constraints") is { } constraints ? GoText.Sorted(constraints) : [])
        {
            foreach (var method in constraint.Value.Field("any") is { ValueKind: JsonValueKind.Array } any ? any.EnumerateArray() : [])
            {
                var prefix = $"mfa_constraint_{constraint.Name}_{method.Text("type")}";
                yield return Row($"{prefix}_id", Value(method, "id"));
                yield return Row($"{prefix}_uses_passcode", Value(method, "uses_passcode"));
                if (method.Text("name") is { Length: > 0 } name)
                    yield return Row($"{prefix}_name", name);
            }
        }
    }

    private static IEnumerable<IReadOnlyList<string>> Wrap(JsonElement? found)
    {
        if (found is not { } wrap)
            yield break;
        yield return Row("wrapping_token:", Value(wrap, "token"));
        yield return Row("wrapping_accessor:", Value(wrap, "accessor"));
        yield return Row("wrapping_token_ttl:", Seconds(wrap, "ttl"));
        yield return Row("wrapping_token_creation_time:", Value(wrap, "creation_time"));
        yield return Row("wrapping_token_creation_path:", Value(wrap, "creation_path"));
        if (wrap.Text("wrapped_accessor") is { Length: > 0 } accessor)
            yield return Row("wrapped_accessor:", accessor);
    }

    private static string Value(JsonElement of, string name) => GoText.Format(of.Field(name) ?? default);

    private static string Seconds(JsonElement of, string name) => of.Number(name) is { } seconds ? HumanDuration.Format(seconds) : Value(of, name);

    private static string Cell(string key, JsonElement value) =>
        IsDuration(key) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds)
            ? HumanDuration.Format(seconds)
            : GoText.Format(value);

    private static bool IsDuration(string key) =>
        key is "period" or "ttl" or "duration" or "lease_max" or "ttl_max"
        || key.EndsWith("_period", StringComparison.Ordinal) || key.EndsWith("_ttl", StringComparison.Ordinal)
        || key.EndsWith("_duration", StringComparison.Ordinal);
}
