using System.Text.Json;
using Kist.Client;

namespace Kist.Commands.Rendering;

/// <summary>Finds what <c>-field</c> names in an answer: parts of the token or the wrapping, the envelope, or a field of the data.</summary>
internal static class SecretFields
{
    /// <summary>The value, or null when there is none.</summary>
    public static JsonElement? Find(JsonElement secret, string name) =>
        OfAuth(secret, name) ?? OfWrap(secret, name) ?? OfEnvelope(secret, name) ?? secret.Object("data")?.Field(name);

    private static JsonElement? OfAuth(JsonElement secret, string name)
    {
        // A login that lacks a second proof has fields of a token, but empty ones.
        if (secret.Object("auth")?.Object("mfa_requirement") is { } lacking)
            return lacking.Field(name is "mfa_request_id" or "mfa_constraints" ? name : "");
        return OfToken(secret, name);
    }

    private static JsonElement? OfToken(JsonElement secret, string name) => secret.Object("auth")?.Field(name switch
    {
        "token" => "client_token",
        "token_accessor" => "accessor",
        "token_duration" => "lease_duration",
        "token_renewable" => "renewable",
        "token_policies" or "identity_policies" or "policies" => name,
        _ => "",
    });

    private static JsonElement? OfWrap(JsonElement secret, string name) => secret.Object("wrap_info")?.Field(name switch
    {
        "wrapping_token" => "token",
        "wrapping_accessor" => "accessor",
        "wrapping_token_ttl" => "ttl",
        "wrapping_token_creation_time" => "creation_time",
        "wrapping_token_creation_path" => "creation_path",
        "wrapped_accessor" => name,
        _ => "",
    });

    private static JsonElement? OfEnvelope(JsonElement secret, string name) => name switch
    {
        "lease_id" or "lease_duration" or "request_id" or "warnings" => secret.Field(name),
        "data" => Data(secret),

        // Of a token or lease that was looked up, its own; Vault's program would answer for the envelope, which is never renewable then.
        "renewable" => secret.Object("data")?.Field(name) ?? secret.Field(name),
        "lease_renewable" => secret.Field("renewable"),
        "refresh_interval" => secret.Field("lease_duration"),
        _ => null,
    };

    /// <summary>The data's own field of that name, which holds a version 2 secret, or else all of the data.</summary>
    private static JsonElement? Data(JsonElement secret) =>
        secret.Object("data") is { } data && data.TryGetProperty("data", out _) ? data.Field("data") : secret.Field("data");
}
