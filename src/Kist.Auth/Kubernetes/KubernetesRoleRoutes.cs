using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;

namespace Kist.Auth.Kubernetes;

internal sealed record KubernetesRoleRequest : RoleRequest
{
    [Description("Names of the service accounts that may log in; * in them stands for anything.")]
    public IReadOnlyList<string>? BoundServiceAccountNames { get; init; }

    [Description("Their namespaces; * in them stands for anything.")]
    public IReadOnlyList<string>? BoundServiceAccountNamespaces { get; init; }

    [Description("Further namespaces by their labels: a LabelSelector as JSON or YAML. The reviewer must be allowed to get namespaces.")]
    public RawJson BoundServiceAccountNamespaceSelector { get; init; }

    [Description("Whom tokens must be for; if not given, the API server itself.")]
    public string? Audience { get; init; }

    [Description("Names the entity alias by the account's uid (serviceaccount_uid, default) or by namespace/name (serviceaccount_name).")]
    public string? AliasNameSource { get; init; }

    /// <summary>The role with the given fields changed, or what is wrong with it.</summary>
    public Outcome<KubernetesRole> ApplyTo(KubernetesRole role)
    {
        var settings = SettingsOver(role.Token);
        if (!settings.Succeeded)
            return settings.Failure;
        var changed = role with
        {
            Token = settings.Value,
            BoundServiceAccountNames = BoundServiceAccountNames ?? role.BoundServiceAccountNames,
            BoundServiceAccountNamespaces = BoundServiceAccountNamespaces ?? role.BoundServiceAccountNamespaces,
            BoundServiceAccountNamespaceSelector =
                BoundServiceAccountNamespaceSelector.IsEmpty ? role.BoundServiceAccountNamespaceSelector : SelectorText(BoundServiceAccountNamespaceSelector),
            Audience = Audience ?? role.Audience,
            AliasNameSource = AliasNameSource is "" ? KubernetesRole.ByUid : AliasNameSource ?? role.AliasNameSource,
        };
        return changed.Check() is { } bad ? bad : changed;
    }

    // A text, or the object itself.
    private static string SelectorText(RawJson given)
    {
        var value = JsonElement.Parse(given.Utf8.Span);
        return value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => value.GetString()!,
            _ => value.GetRawText(),
        };
    }
}

internal sealed record KubernetesRoleResponse : TokenSettingsResponse
{
    [SetsRequiredMembers]
    public KubernetesRoleResponse(KubernetesRole role)
        : base(role.Token)
    {
        BoundServiceAccountNames = role.BoundServiceAccountNames;
        BoundServiceAccountNamespaces = role.BoundServiceAccountNamespaces;
        BoundServiceAccountNamespaceSelector = role.BoundServiceAccountNamespaceSelector;
        Audience = role.Audience;
        AliasNameSource = role.AliasNameSource;
    }

    public IReadOnlyList<string> BoundServiceAccountNames { get; }

    public IReadOnlyList<string> BoundServiceAccountNamespaces { get; }

    public string BoundServiceAccountNamespaceSelector { get; }

    public string Audience { get; }

    public string AliasNameSource { get; }
}

/// <summary><c>role/name</c>.</summary>
internal static class KubernetesRoleRoutes
{
    public static async ValueTask<Outcome<KubernetesRoleResponse>> ReadAsync(
        RoleNameRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await KubernetesStore.Roles.ReadAsync(context.Storage, request.Name, cancellationToken) is { } role
            ? new KubernetesRoleResponse(role)
            : Failure.NotFound();

    public static ValueTask<Outcome<Nothing>> WriteAsync(KubernetesRoleRequest request, RequestContext context, CancellationToken cancellationToken) =>
        KubernetesStore.Roles.WriteAsync(context, request.Name, was => request.ApplyTo(was ?? new KubernetesRole { Id = RoleIdentity.NewId() }), cancellationToken);
}
