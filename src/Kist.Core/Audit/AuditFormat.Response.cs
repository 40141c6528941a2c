using Kist.Core.Pipeline;
using Kist.Core.Tokens;
using Kist.Core.Wrapping;

namespace Kist.Core.Audit;

/// <content>The <c>response</c> object.</content>
internal sealed partial class AuditFormat
{
    private void Response(AuditEvent audited, Response response, RecordBuffer output)
    {
        output.Name("response"u8);
        output.Open('{');
        if (response.Auth is { } auth)
            Issued(auth, output);
        if (response.Lease is { Id.Length: > 0 } lease)
        {
            output.Name("secret"u8);
            output.Open('{');
            output.Field("lease_id"u8, lease.Id);
            output.Close('}');
        }
        MountFacts(audited.Mount, output);
        ResponseData(audited, response, output);
        if (response.Wrap is { } wrap)
            Wrapped(wrap, output);
        output.Field("warnings"u8, response.Warnings);
        output.Close('}');
    }

    private void ResponseData(AuditEvent audited, Response response, RecordBuffer output)
    {
        if (response.Body is TextBody text)
        {
            output.Name("data"u8);
            output.Open('{');
            output.Field("http_content_type"u8, text.ContentType);
            output.Name("http_raw_body"u8);
            salt.Write(text.Content.Span, output);
            output.Close('}');
            return;
        }
        if (response.Data.IsEmpty)
            return;
        var open = audited.Route?.OpenResponseKeys ?? PlainKeys.None;
        var rules = new RedactionRules(
            options.LogRaw ? open : audited.Route?.PlainResponseKeys ?? PlainKeys.None,
            open,
            audited.Mount?.Config.AuditNonHmacResponseKeys ?? [],
            options.ElideListResponses && audited.Request.Operation == Operation.List);
        if (!Data(response.Data.Span, rules, output))
            output.Field("body_malformed"u8, true);
    }

    private void Issued(IssuedToken token, RecordBuffer output)
    {
        output.Name("auth"u8);
        output.Open('{');
        if (token.MfaRequirement is { } requirement)
        {
            Waiting(token, requirement, output);
            return;
        }
        output.Name("client_token"u8);
        salt.Write(token.ClientToken.Utf8, output);
        Accessor("accessor"u8, token.Accessor, output);
        output.Field("policies"u8, token.Policies);
        output.Field("token_policies"u8, token.TokenPolicies);
        output.Field("identity_policies"u8, token.IdentityPolicies);
        output.Field("metadata"u8, token.Metadata);
        if (token.NumUses > 0)
            output.Field("num_uses"u8, token.NumUses);
        output.Field("entity_id"u8, token.EntityId);
        output.Field("token_type"u8, TypeName(token.Type));
        if (token.Ttl > TimeSpan.Zero)
            output.Field("token_ttl"u8, (long)token.Ttl.TotalSeconds);
        output.Close('}');
    }

    // No token was issued. Whoever brings the codes names the same id, whose hash in that request's data is the same as here.
    private void Waiting(IssuedToken login, MfaRequirement requirement, RecordBuffer output)
    {
        output.Field("entity_id"u8, login.EntityId);
        output.Name("mfa_requirement"u8);
        output.Open('{');
        output.Name("mfa_request_id"u8);
        salt.Write(requirement.RequestId.Utf8, output);
        output.Close('}');
        output.Close('}');
    }

    private void Wrapped(WrapInfo wrap, RecordBuffer output)
    {
        output.Name("wrap_info"u8);
        output.Open('{');
        output.Field("ttl"u8, (long)wrap.Ttl.TotalSeconds);
        output.Name("token"u8);
        salt.Write(wrap.Token.Utf8, output);
        Accessor("accessor"u8, wrap.Accessor, output);
        output.Field("creation_time"u8, wrap.CreationTime);
        output.Field("creation_path"u8, wrap.CreationPath);
        Accessor("wrapped_accessor"u8, wrap.WrappedAccessor ?? "", output);
        output.Close('}');
    }
}
