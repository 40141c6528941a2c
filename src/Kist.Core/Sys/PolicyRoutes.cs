using System.ComponentModel;
using System.Text;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Sys;

/// <summary>Names a policy.</summary>
public sealed record PolicyNameRequest
{
    /// <summary>The name.</summary>
    [Description("The policy's name; case does not matter.")]
    public string Name { get; set; } = "";
}

/// <summary>Writes a policy.</summary>
public sealed record WritePolicyRequest
{
    /// <summary>The name.</summary>
    [Description("The policy's name; case does not matter.")]
    public string Name { get; set; } = "";

    /// <summary>The text.</summary>
    [Description("The policy: HCL or JSON, also base64.")]
    public string Policy { get; set; } = "";

    /// <summary>The text, as older clients send it.</summary>
    [Description("The same as \"policy\", for older clients.")]
    public string Rules { get; set; } = "";

    internal string Text => Policy.Length > 0 ? Policy : Rules;
}

/// <summary>A policy as the newer path shows it.</summary>
public sealed record AclPolicyResponse
{
    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The text.</summary>
    public string Policy { get; init; } = "";
}

/// <summary>A policy as the older path shows it.</summary>
public sealed record LegacyPolicyResponse
{
    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The text.</summary>
    public string Rules { get; init; } = "";

    /// <summary>The text again: newer clients read this.</summary>
    public string Policy { get; init; } = "";
}

/// <summary>Names of policies.</summary>
public sealed record PolicyListResponse
{
    /// <summary>The names.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The names again: older clients read this.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];
}

/// <summary><c>sys/policies/acl</c> and the older <c>sys/policy</c>.</summary>
internal sealed class PolicyRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.List<Nothing, ListResponse>("policies/acl", async (_, c, ct) => new ListResponse(await NamesAsync(c, ct)), "List the policies.");
        map.Read<PolicyNameRequest, AclPolicyResponse>("policies/acl/{name**}", ReadAsync, "Read a policy.");
        map.Write<WritePolicyRequest, Nothing>("policies/acl/{name**}", WriteAsync, "Write a policy.");
        map.Delete<PolicyNameRequest, Nothing>("policies/acl/{name**}", DeleteAsync, "Delete a policy.");

        map.Read<Nothing, PolicyListResponse>("policy", LegacyListAsync, "List the policies.").Answers(ResponseShape.AlsoAtTop);
        map.List<Nothing, PolicyListResponse>("policy", LegacyListAsync, "List the policies.").Answers(ResponseShape.AlsoAtTop);
        map.Read<PolicyNameRequest, LegacyPolicyResponse>("policy/{name**}", LegacyReadAsync, "Read a policy.").Answers(ResponseShape.AlsoAtTop);
        map.Write<WritePolicyRequest, Nothing>("policy/{name**}", WriteAsync, "Write a policy.");
        map.Delete<PolicyNameRequest, Nothing>("policy/{name**}", DeleteAsync, "Delete a policy.");
    }

    private async Task<IReadOnlyList<string>> NamesAsync(RequestContext context, CancellationToken ct) =>
        await node.Policies.ListAsync(context.Request.Namespace, ct);

    private async ValueTask<Outcome<AclPolicyResponse>> ReadAsync(PolicyNameRequest request, RequestContext context, CancellationToken ct)
    {
        var found = await node.Policies.GetAsync(context.Request.Namespace, request.Name, ct);
        return found.Succeeded ? new AclPolicyResponse { Name = found.Value.Name, Policy = found.Value.Text } : found.Failure;
    }

    private async ValueTask<Outcome<Nothing>> WriteAsync(WritePolicyRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Text.Length == 0)
            return Failure.Invalid("policy.empty", "field \"policy\" is required");
        return Done(await node.Policies.PutAsync(context.Request.Namespace, request.Name, Decoded(request.Text), ct), context);
    }

    private async ValueTask<Outcome<Nothing>> DeleteAsync(PolicyNameRequest request, RequestContext context, CancellationToken ct) =>
        Done(await node.Policies.DeleteAsync(context.Request.Namespace, request.Name, ct), context);

    private async ValueTask<Outcome<PolicyListResponse>> LegacyListAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var names = await NamesAsync(context, ct);
        return new PolicyListResponse { Keys = names, Policies = names };
    }

    private async ValueTask<Outcome<LegacyPolicyResponse>> LegacyReadAsync(PolicyNameRequest request, RequestContext context, CancellationToken ct)
    {
        var found = await node.Policies.GetAsync(context.Request.Namespace, request.Name, ct);
        return found.Succeeded
            ? new LegacyPolicyResponse { Name = found.Value.Name, Rules = found.Value.Text, Policy = found.Value.Text }
            : found.Failure;
    }

    private static Outcome<Nothing> Done(Outcome<Kist.Core.Policies.PolicyChange> change, RequestContext context)
    {
        if (!change.Succeeded)
            return change.Failure;
        context.Index = change.Value.Revision;
        foreach (var warning in change.Value.Warnings)
            context.Warn(warning);
        return Outcome.Done;
    }

    // No policy is valid base64: it would lack braces and quotes.
    internal static string Decoded(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, length))
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : text;
    }
}
