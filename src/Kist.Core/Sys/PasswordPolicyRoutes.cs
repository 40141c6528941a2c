using System.ComponentModel;
using Kist.Core.Passwords;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Names a password policy.</summary>
public sealed record PasswordPolicyNameRequest
{
    /// <summary>The name.</summary>
    [Description("The password policy's name.")]
    public string Name { get; set; } = "";
}

/// <summary>Writes a password policy.</summary>
public sealed record WritePasswordPolicyRequest
{
    /// <summary>The name.</summary>
    [Description("The password policy's name: letters, digits and the characters -_.")]
    public string Name { get; set; } = "";

    /// <summary>The text.</summary>
    [Description("The password policy: HCL or JSON, also base64; at most 64 KiB.")]
    public string Policy { get; set; } = "";
}

/// <summary>A password policy.</summary>
public sealed record PasswordPolicyResponse
{
    /// <summary>The text.</summary>
    public string Policy { get; init; } = "";
}

/// <summary>A new password.</summary>
public sealed record GeneratedPasswordResponse
{
    /// <summary>The password, which is kept nowhere.</summary>
    public required SecretText Password { get; init; }
}

/// <summary><c>sys/policies/password</c>.</summary>
internal sealed class PasswordPolicyRoutes(Node node)
{
    private readonly PasswordPolicies policies = PasswordPolicies.Of(node.Barrier);

    public void Add(RouteMap map)
    {
        map.List<Nothing, ListResponse>("policies/password", ListAsync, "List the password policies.");
        map.Read<PasswordPolicyNameRequest, PasswordPolicyResponse>("policies/password/{name}", ReadAsync, "Read a password policy.");
        map.Write<WritePasswordPolicyRequest, Nothing>("policies/password/{name}", WriteAsync, "Write a password policy.");
        map.Delete<PasswordPolicyNameRequest, Nothing>("policies/password/{name}", DeleteAsync, "Delete a password policy.");
        map.Read<PasswordPolicyNameRequest, GeneratedPasswordResponse>(
            "policies/password/{name}/generate", GenerateAsync, "Answer a new password that satisfies a password policy.");
    }

    private async ValueTask<Outcome<ListResponse>> ListAsync(Nothing request, RequestContext context, CancellationToken ct)
    {
        var names = await policies.ListAsync(context.Request.Namespace, ct);
        return names.Count == 0 ? Failure.NotFound() : new ListResponse(names);
    }

    private async ValueTask<Outcome<PasswordPolicyResponse>> ReadAsync(
        PasswordPolicyNameRequest request, RequestContext context, CancellationToken ct)
    {
        var text = await policies.GetAsync(context.Request.Namespace, request.Name, ct);
        return text.Succeeded ? new PasswordPolicyResponse { Policy = text.Value } : text.Failure;
    }

    private async ValueTask<Outcome<Nothing>> WriteAsync(WritePasswordPolicyRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Policy.Length == 0)
            return Failure.Invalid("password_policy.empty", "field \"policy\" is required");
        return Done(await policies.PutAsync(context.Request.Namespace, request.Name, PolicyRoutes.Decoded(request.Policy), ct), context);
    }

    private async ValueTask<Outcome<Nothing>> DeleteAsync(PasswordPolicyNameRequest request, RequestContext context, CancellationToken ct) =>
        Done(await policies.DeleteAsync(context.Request.Namespace, request.Name, ct), context);

    private async ValueTask<Outcome<GeneratedPasswordResponse>> GenerateAsync(
        PasswordPolicyNameRequest request, RequestContext context, CancellationToken ct)
    {
        var password = await policies.GenerateAsync(context.Request.Namespace, request.Name, ct);
        return password.Succeeded ? new GeneratedPasswordResponse { Password = password.Value } : password.Failure;
    }

    private static Outcome<Nothing> Done(Outcome<long> change, RequestContext context)
    {
        if (!change.Succeeded)
            return change.Failure;
        context.Index = change.Value;
        return Outcome.Done;
    }
}
