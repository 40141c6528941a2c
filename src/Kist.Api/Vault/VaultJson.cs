using System.Text.Json;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;
using Kist.Core.Wrapping;

namespace Kist.Api.Vault;

/// <summary>Writes answers in Vault's envelope.</summary>
internal static class VaultJson
{
    public static void WriteEnvelope(Utf8JsonWriter writer, string requestId, Response response)
    {
        writer.WriteStartObject();
        writer.WriteString("request_id"u8, requestId);
        writer.WriteString("lease_id"u8, response.Lease?.Id ?? "");
        writer.WriteBoolean("renewable"u8, response.Lease?.Renewable ?? false);
        writer.WriteNumber("lease_duration"u8, (long)(response.Lease?.Duration.TotalSeconds ?? 0));
        writer.WritePropertyName("data"u8);
        WriteData(writer, response);
        writer.WritePropertyName("wrap_info"u8);
        WriteWrap(writer, response.Wrap);
        writer.WritePropertyName("warnings"u8);
        WriteWarnings(writer, response.Warnings);
        writer.WritePropertyName("auth"u8);
        WriteAuth(writer, response.Auth);
        if (response.MountType.Length > 0)
            writer.WriteString("mount_type"u8, response.MountType);
        if (response.Shape == ResponseShape.AlsoAtTop)
            WriteMembers(writer, response.Data);
        writer.WriteEndObject();
    }

    public static void WriteErrors(Utf8JsonWriter writer, Failure failure, IReadOnlyList<string> warnings)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("errors"u8);
        if (failure.Message.Length > 0)
            writer.WriteStringValue(failure.Message);
        writer.WriteEndArray();
        if (warnings.Count > 0)
        {
            writer.WritePropertyName("warnings"u8);
            WriteWarnings(writer, warnings);
        }
        writer.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter writer, Response response)
    {
        if (response.Data.IsEmpty)
            writer.WriteNullValue();
        else
            writer.WriteRawValue(response.Data.Span, skipInputValidation: true);
    }

    // Older sys paths repeat the fields of data beside it.
    private static void WriteMembers(Utf8JsonWriter writer, ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty)
            return;
        using var document = JsonDocument.Parse(data);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Name is not ("data" or "request_id" or "warnings" or "auth" or "wrap_info" or "lease_id" or "renewable" or "lease_duration"))
                member.WriteTo(writer);
        }
    }

    private static void WriteWarnings(Utf8JsonWriter writer, IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0)
        {
            writer.WriteNullValue();
            return;
        }
        WriteList(writer, warnings);
    }

    private static void WriteAuth(Utf8JsonWriter writer, IssuedToken? auth)
    {
        if (auth is null)
        {
            writer.WriteNullValue();
            return;
        }
        writer.WriteStartObject();
        writer.WriteString("client_token"u8, auth.ClientToken.Utf8);
        writer.WriteString("accessor"u8, auth.Accessor);
        writer.WritePropertyName("policies"u8);
        WriteList(writer, auth.Policies);
        writer.WritePropertyName("token_policies"u8);
        WriteList(writer, auth.TokenPolicies);
        if (auth.IdentityPolicies.Count > 0)
        {
            writer.WritePropertyName("identity_policies"u8);
            WriteList(writer, auth.IdentityPolicies);
        }
        writer.WritePropertyName("metadata"u8);
        WriteMap(writer, auth.Metadata);
        writer.WriteNumber("lease_duration"u8, (long)auth.Ttl.TotalSeconds);
        writer.WriteBoolean("renewable"u8, auth.Renewable);
        writer.WriteString("entity_id"u8, auth.EntityId);
        writer.WriteString("token_type"u8, auth.Type == TokenType.Batch ? "batch" : "service");
        writer.WriteBoolean("orphan"u8, auth.Orphan);
        WriteMfa(writer, auth.MfaRequirement);
        writer.WriteNumber("num_uses"u8, auth.NumUses);
        writer.WriteEndObject();
    }

    private static void WriteMfa(Utf8JsonWriter writer, MfaRequirement? requirement)
    {
        if (requirement is null)
        {
            writer.WriteNull("mfa_requirement"u8);
            return;
        }
        writer.WriteStartObject("mfa_requirement"u8);
        writer.WriteString("mfa_request_id"u8, requirement.RequestId.Utf8);
        writer.WriteStartObject("mfa_constraints"u8);
        foreach (var constraint in requirement.Constraints)
        {
            writer.WriteStartObject(constraint.Name);
            writer.WriteStartArray("any"u8);
            foreach (var method in constraint.Any)
            {
                writer.WriteStartObject();
                writer.WriteString("type"u8, "totp"u8);
                writer.WriteString("id"u8, method.Id);
                writer.WriteBoolean("uses_passcode"u8, true);
                writer.WriteString("name"u8, method.Name);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteWrap(Utf8JsonWriter writer, WrapInfo? wrap)
    {
        if (wrap is null)
        {
            writer.WriteNullValue();
            return;
        }
        writer.WriteStartObject();
        writer.WriteString("token"u8, wrap.Token.Utf8);
        writer.WriteString("accessor"u8, wrap.Accessor);
        writer.WriteNumber("ttl"u8, (long)wrap.Ttl.TotalSeconds);
        writer.WriteString("creation_time"u8, wrap.CreationTime.UtcDateTime);
        writer.WriteString("creation_path"u8, wrap.CreationPath);
        if (wrap.WrappedAccessor is not null)
            writer.WriteString("wrapped_accessor"u8, wrap.WrappedAccessor);
        writer.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0)
        {
            writer.WriteNullValue();
            return;
        }
        writer.WriteStartObject();
        foreach (var (key, value) in map)
            writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, IReadOnlyList<string> list)
    {
        writer.WriteStartArray();
        foreach (var item in list)
            writer.WriteStringValue(item);
        writer.WriteEndArray();
    }
}
