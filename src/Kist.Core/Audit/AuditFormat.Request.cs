using Kist.Core.Pipeline;

namespace Kist.Core.Audit;

/// <content>The <c>request</c> object.</content>
internal sealed partial class AuditFormat
{
    private void Request(AuditEvent audited, TokenText? token, IReadOnlyList<AuditedHeader> headers, RecordBuffer output)
    {
        var request = audited.Request;
        output.Field("id"u8, request.Id);
        output.Name("operation"u8);
        output.Raw(OperationName(request.Operation));
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

    private void RequestData(AuditEvent audited, RecordBuffer output)
    {
        var request = audited.Request;
        // A free body is the user's own, whatever its keys are called.
        var marks = audited.Route is { FreeBody: false } route ? route.PlainRequestKeys : PlainKeys.None;
        var plain = audited.Mount?.Config.AuditNonHmacRequestKeys ?? [];
        if (!request.Body.IsEmpty)
        {
            var rules = new RedactionRules(options.LogRaw ? PlainKeys.All : marks, plain, ElideLists: false);
            if (audited.BodyMalformed || !Data(request.Body.Span, rules, output))
                output.Field("body_malformed"u8, true);
        }
        if (request.Query.Count > 0)
            Query(request, marks, plain, output);
    }

    /// <summary>Query parameters are a request's data, as in Vault; beside a body, which may hold the same names, they stand alone.</summary>
    private void Query(Request request, PlainKeys marks, IReadOnlyList<string> plain, RecordBuffer output)
    {
        output.Name(request.Body.IsEmpty ? "data"u8 : "query"u8);
        output.Open('{');
        foreach (var parameter in request.Query.GroupBy(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal))
        {
            var clear = marks.Below(parameter.Key) == PlainKeys.All || plain.Contains(parameter.Key, StringComparer.Ordinal);
            var values = parameter.ToList();
            output.Text(parameter.Key);
            output.Raw(":"u8);
            if (values.Count > 1)
                output.Open('[');
            foreach (var value in values)
                Value(value, clear, output);
            if (values.Count > 1)
                output.Close(']');
        }
        output.Close('}');
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
