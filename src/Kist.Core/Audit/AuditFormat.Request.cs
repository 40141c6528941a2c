using System.Text;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Audit;

/// <content>The <c>request</c> object.</content>
internal sealed partial class AuditFormat
{
    private void Request(AuditEvent audited, TokenText? token, IReadOnlyList<AuditedHeader> headers, RecordBuffer output)
    {
        var request = audited.Request;
        output.Field("id"u8, request.Id);
        output.Name("operation"u8);
        output.Raw(request.AsksForHelp ? "\"help\""u8 : OperationName(request.Operation));
        MountFacts(audited.Mount, output);
        if (token is not null)
        {
            output.Separate();
            output.Raw(token.RequestFields);
        }
        else if (request.Token is { } unknown)
        {
            output.Name("client_token"u8);
            salt.Write(unknown.Utf8, output);
        }
        output.Name("namespace"u8);
        output.Open('{');
        output.Field("id"u8, request.Namespace.ToString());
        output.Field("path"u8, audited.NamespacePath);
        output.Close('}');
        output.Field("path"u8, request.Path);
        RequestData(audited, output);
        Headers(request, headers, output);
        if (request.ClientAddress is { } address)
            output.Field("remote_address"u8, address);
        if (request.ClientPort > 0)
            output.Field("remote_port"u8, request.ClientPort);
        if (request.WrapTtl is { } ttl)
            output.Field("wrap_ttl"u8, (long)ttl.TotalSeconds);
    }

    /// <summary>
    /// Of a caller without a valid token, only the size and one hash, or little: nobody must be able to fill memory, time and disk without a token.
    /// </summary>
    private void RequestData(AuditEvent audited, RecordBuffer output)
    {
        var request = audited.Request;
        var rules = RequestRules(audited);
        if (!request.Body.IsEmpty && (audited.BodyMalformed || !Data(request.Body.Span, rules, output)))
            output.Field("body_malformed"u8, true);
        if (request.Query.Count > 0)
            Query(request, rules, output);
    }

    private RedactionRules RequestRules(AuditEvent audited)
    {
        // A free body is the user's own, whatever its keys are called.
        var (marks, open) = audited.Route switch
        {
            null => (PlainKeys.None, PlainKeys.None),
            { FreeBody: true } => (PlainKeys.None, PlainKeys.All),
            var route => (route.PlainRequestKeys, route.OpenRequestKeys),
        };
        var rules = new RedactionRules(options.LogRaw ? open : marks, open, audited.Mount?.Config.AuditNonHmacRequestKeys ?? [], ElideLists: false);
        if (audited.Token is not null)
            return rules;
        return rules with { MostBytes = audited.Route is { Access: Access.Unauthenticated } ? MostBytesOfGuests : 0 };
    }

    /// <summary>Query parameters are a request's data, as in Vault; beside a body, which may hold the same names, they stand alone.</summary>
    private void Query(Request request, in RedactionRules rules, RecordBuffer output)
    {
        var start = output.Length;
        output.Name(request.Body.IsEmpty ? "data"u8 : "query"u8);
        output.Open('{');
        foreach (var parameter in request.Query.GroupBy(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal))
        {
            var keys = rules.PlainKeys.Contains(parameter.Key, StringComparer.Ordinal) ? rules.Open : rules.Marks;
            var clear = keys.Below(parameter.Key) == PlainKeys.All;
            output.Text(parameter.Key);
            output.Raw(":"u8);
            var values = parameter.ToList();
            if (values.Count > 1)
                output.Open('[');
            foreach (var value in values)
            {
                if (clear)
                    output.Text(value);
                else
                    salt.Write(Encoding.UTF8.GetBytes(value), output);
            }
            if (values.Count > 1)
                output.Close(']');
            if (output.Length - start > rules.MostBytes)
                break;
        }
        output.Close('}');
        if (output.Length - start <= rules.MostBytes)
            return;
        output.Truncate(start);
        output.Field("query_parameters"u8, request.Query.Count);
        output.Name("query_hmac"u8);
        salt.Write(Encoding.UTF8.GetBytes(string.Join('&', request.Query.Select(pair => $"{pair.Key}={pair.Value}"))), output);
    }

    private void Headers(Request request, IReadOnlyList<AuditedHeader> headers, RecordBuffer output)
    {
        var any = false;
        for (var i = 0; i < headers.Count; i++)
        {
            if (request.Header(headers[i].Name) is not { } value)
                continue;
            if (!any)
            {
                output.Name("headers"u8);
                output.Open('{');
                any = true;
            }
            output.Text(headers[i].Name);
            output.Raw(":["u8);
            if (headers[i].IsCredential)
                salt.Write(Encoding.UTF8.GetBytes(value), output);
            else
                Value(value, !headers[i].Hmac, output);
            output.Close(']');
        }
        if (any)
            output.Close('}');
    }

    private static ReadOnlySpan<byte> OperationName(Operation operation) => operation switch
    {
        Operation.Create => "\"create\""u8,
        Operation.Read => "\"read\""u8,
        Operation.Update => "\"update\""u8,
        Operation.Patch => "\"patch\""u8,
        Operation.Delete => "\"delete\""u8,
        Operation.List => "\"list\""u8,
        _ => "\"scan\""u8,
    };
}
