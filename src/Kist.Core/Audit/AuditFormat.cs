using System.Text;
using Kist.Core.Mounts;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Audit;

/// <summary>Which records to write of an <see cref="AuditEvent"/>.</summary>
internal enum AuditRecords
{
    /// <summary>The request's.</summary>
    Request,

    /// <summary>The response's, which repeats the request.</summary>
    Response,

    /// <summary>Both, for reads: nothing happens between them that must wait.</summary>
    Both,
}

/// <summary>
/// Renders records in Vault's JSON shape for one device, whose salt hides the values. What the types of requests and answers say is secret (token ids,
/// key shares) is hidden even with <c>log_raw</c>, and so is what belongs to no known route. Thread-safe.
/// </summary>
internal sealed partial class AuditFormat(AuditSalt salt, AuditDeviceOptions options)
{
    // Most bytes of the data of a caller without a valid token on a route that needs none.
    private const int MostBytesOfGuests = 16 * 1024;

    /// <summary>The device's salt.</summary>
    public AuditSalt Salt => salt;

    /// <summary>Renders the asked records.</summary>
    public void Write(AuditEvent audited, AuditRecords records, IReadOnlyList<AuditedHeader> headers, DateTimeOffset now, RecordBuffer output)
    {
        var common = (Start: 0, End: 0);
        if (records != AuditRecords.Response)
        {
            Begin("request"u8, audited.ReceivedAt, output);
            common = Common(audited, headers, output);
            output.Field("error"u8, audited.Refusal?.Message ?? "");
            output.EndRecord();
        }
        if (records == AuditRecords.Request)
            return;
        Begin("response"u8, now, output);
        if (records == AuditRecords.Both)
            output.Repeat(common.Start, common.End);
        else
            _ = Common(audited, headers, output);
        if (audited.Response is { } response)
            Response(audited, response, output);
        output.Field("error"u8, (audited.Response?.Failure ?? audited.Refusal)?.Message ?? "");
        output.EndRecord();
    }

    /// <summary>Renders the record that proves a new device.</summary>
    public static void WriteTest(string id, DateTimeOffset now, RecordBuffer output)
    {
        Begin("request"u8, now, output);
        output.Raw(",\"auth\":{\"token_type\":\"default\"},\"request\":{"u8);
        output.Field("id"u8, id);
        output.Raw(",\"operation\":\"update\",\"namespace\":{\"id\":\"root\"},\"path\":\"sys/audit/test\"}"u8);
        output.EndRecord();
    }

    /// <summary>Renders what records say of a token.</summary>
    public TokenText Token(Authenticated caller, SecretText id)
    {
        var token = caller.Entry;
        var output = new RecordBuffer();
        output.Open('{');
        output.Name("client_token"u8);
        salt.Write(id.Utf8, output);
        Accessor("accessor"u8, token.Accessor, output);
        output.Field("display_name"u8, token.DisplayName);
        output.Field("policies"u8, caller.Policies);
        output.Field("token_policies"u8, token.Policies);
        if (caller.IdentityPolicies.Count > 0)
            output.Field("identity_policies"u8, caller.IdentityPolicies);
        output.Field("metadata"u8, token.Metadata);
        output.Field("entity_id"u8, caller.Entity?.Id ?? token.EntityId);
        output.Field("token_type"u8, TypeName(token.Type));
        if (token.CreationTtl > TimeSpan.Zero)
            output.Field("token_ttl"u8, (long)token.CreationTtl.TotalSeconds);
        output.Field("token_issue_time"u8, token.IssuedAt, toTheSecond: true);
        var end = output.Length;
        output.Open('{');
        var fields = output.Length;
        output.Name("client_token"u8);
        salt.Write(id.Utf8, output);
        Accessor("client_token_accessor"u8, token.Accessor, output);
        output.EndRecord();
        return new TokenText(output.First[..end].ToArray(), output.First[fields..].ToArray());
    }

    private static void Begin(ReadOnlySpan<byte> type, DateTimeOffset time, RecordBuffer output)
    {
        output.Open('{');
        output.Field("time"u8, time);
        output.Raw(",\"type\":\""u8);
        output.Raw(type);
        output.Raw("\""u8);
    }

    /// <summary>What request and response records share.</summary>
    private (int Start, int End) Common(AuditEvent audited, IReadOnlyList<AuditedHeader> headers, RecordBuffer output)
    {
        var start = output.Length;
        var token = audited is { Token: { } found, Request.Token: { } id } ? found.Audit.For(this, found, id) : null;
        output.Name("auth"u8);
        if (token is null)
            output.Raw("{\"token_type\":\"default\""u8);
        else
            output.Raw(token.Auth);
        PolicyResults(audited, output);
        output.Close('}');
        output.Name("request"u8);
        output.Open('{');
        Request(audited, token, headers, output);
        output.Close('}');
        return (start, output.Length);
    }

    private static void PolicyResults(AuditEvent audited, RecordBuffer output)
    {
        if (audited.Allowed is not { } allowed)
            return;
        output.Name("policy_results"u8);
        output.Open('{');
        output.Field("allowed"u8, allowed);
        if (audited.GrantingPolicies.Count > 0)
        {
            output.Name("granting_policies"u8);
            output.Open('[');
            foreach (var policy in audited.GrantingPolicies)
            {
                output.Open('{');
                output.Field("name"u8, policy);
                output.Raw(",\"namespace_id\":\"root\",\"type\":\"acl\"}"u8);
            }
            output.Close(']');
        }
        output.Close('}');
    }

    private static void MountFacts(Mount? mount, RecordBuffer output)
    {
        if (mount is null)
            return;
        output.Field("mount_point"u8, mount.Path);
        output.Field("mount_type"u8, mount.TypeName);
        output.Field("mount_accessor"u8, mount.Accessor);
        output.Field("mount_class"u8, mount.Kind == MountKind.Auth ? "auth" : "secret");
    }

    /// <summary>False, and nothing written, when it is no JSON. What would grow too large is named by one hash of the whole.</summary>
    private bool Data(ReadOnlySpan<byte> json, in RedactionRules rules, RecordBuffer output)
    {
        var start = output.Length;
        output.Name("data"u8);
        switch (rules.MostBytes == 0 ? Redaction.TooLarge : JsonRedactor.Write(json, rules, salt, output))
        {
            case Redaction.Written:
                return true;
            case Redaction.Malformed:
                output.Truncate(start);
                return false;
            default:
                output.Truncate(start);
                output.Field("data_bytes"u8, json.Length);
                output.Name("data_hmac"u8);
                salt.Write(json, output);
                return true;
        }
    }

    private void Accessor(ReadOnlySpan<byte> name, string accessor, RecordBuffer output)
    {
        if (accessor.Length == 0)
            return;
        output.Name(name);
        Value(accessor, !options.HmacAccessor, output);
    }

    private void Value(string value, bool clear, RecordBuffer output)
    {
        if (clear || options.LogRaw)
            output.Text(value);
        else
            salt.Write(Encoding.UTF8.GetBytes(value), output);
    }

    private static string TypeName(TokenType type) => type == TokenType.Batch ? "batch" : "service";
}
