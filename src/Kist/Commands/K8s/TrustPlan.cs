using System.Text.Json.Nodes;
using Kist.Commands.Rendering;
using Kist.Wire.Kubernetes;

namespace Kist.Commands.K8s;

/// <summary>How the server is to find out whether a service-account token is good.</summary>
internal enum TokenReviewer
{
    /// <summary>By an account of its own, made for that, which may do nothing but review tokens.</summary>
    Account,

    /// <summary>By the token that is to be reviewed: each account that logs in may review tokens.</summary>
    Client,

    /// <summary>By the cluster's public keys, without asking the cluster.</summary>
    Keys,
}

/// <summary>What a cluster's administrator decides.</summary>
internal sealed record TrustChoice
{
    /// <summary>How tokens are reviewed.</summary>
    public required TokenReviewer Reviewer { get; init; }

    /// <summary>Namespace of the reviewer's account.</summary>
    public required string ReviewerNamespace { get; init; }

    /// <summary>Where the auth method is mounted, without <c>auth/</c>.</summary>
    public required string Mount { get; init; }

    /// <summary>The API server's address, as the Kist server reaches it.</summary>
    public required Uri Server { get; init; }

    /// <summary>The same as the Kist server's configuration has it. Proxies tell clusters apart by paths.</summary>
    public string Address => Server.AbsoluteUri.TrimEnd('/');

    /// <summary>The authorities, in PEM, that the Kist server knows the API server by; null when it does not call it.</summary>
    public string? Authorities { get; init; }

    /// <summary>The role to write; null for none.</summary>
    public string? Role { get; init; }

    /// <summary>Names of service accounts that may log in.</summary>
    public IReadOnlyList<string> Accounts { get; init; } = [];

    /// <summary>Namespaces that they are in.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Policies that they get.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>The audience that tokens must name; null for any.</summary>
    public string? Audience { get; init; }

    /// <summary>TTL of Kist tokens; null for the mount's.</summary>
    public string? Ttl { get; init; }
}

/// <summary>An object that the cluster needs.</summary>
/// <param name="Resource">Its type.</param>
/// <param name="Namespace">Its namespace, or null.</param>
/// <param name="Name">Its name.</param>
/// <param name="Json">The object.</param>
internal sealed record TrustObject(KubeResource Resource, string? Namespace, string Name, JsonObject Json)
{
    /// <summary>Kind and name, as messages have it.</summary>
    public override string ToString() => Namespace is null ? $"{Resource.Kind} {Name}" : $"{Resource.Kind} {Namespace}/{Name}";
}

/// <summary>What a cluster and a server need so that pods can log in.</summary>
internal static class TrustPlan
{
    /// <summary>Name of the reviewer's account, its token and its rights.</summary>
    public const string ReviewerName = "kist-token-reviewer";

    /// <summary>The annotation by which a Secret belongs to an account.</summary>
    public const string AccountAnnotation = "kubernetes.io/service-account.name";

    private const string Rbac = "rbac.authorization.k8s.io";

    private static readonly KubeResource Accounts = new("", "v1", "serviceaccounts", true) { Kind = "ServiceAccount" };

    private static readonly KubeResource Roles = new(Rbac, "v1", "clusterroles", false) { Kind = "ClusterRole" };
    private static readonly KubeResource Bindings = new(Rbac, "v1", "clusterrolebindings", false) { Kind = "ClusterRoleBinding" };

    /// <summary>The cluster's part, in the order in which it is made.</summary>
    public static IReadOnlyList<TrustObject> Objects(TrustChoice choice) => choice.Reviewer switch
    {
        TokenReviewer.Account =>
            [Account(choice), Token(choice), Rights(), Binding(ReviewerName, [Subject(ReviewerName, choice.ReviewerNamespace)])],
        // Each account that logs in asks about itself.
        TokenReviewer.Client when choice.Role is not null => [Rights(), Binding($"kist-login-{choice.Role}", Logins(choice))],
        _ => [],
    };

    /// <summary>The configuration of the auth method, but for what only the cluster knows.</summary>
    public static JsonObject Config(TrustChoice choice)
    {
        var config = new JsonObject { ["kubernetes_host"] = choice.Address, ["disable_local_ca_jwt"] = true };
        if (choice.Authorities is { } authorities)
            config["kubernetes_ca_cert"] = authorities;
        return config;
    }

    /// <summary>
    /// The role; null when none is wanted. What was not chosen and would widen or narrow it is taken back, for a write leaves what it does not name.
    /// </summary>
    public static JsonObject? Role(TrustChoice choice) => choice.Role is null ? null : new JsonObject
    {
        ["bound_service_account_names"] = JsonText.Array(choice.Accounts),
        ["bound_service_account_namespaces"] = JsonText.Array(choice.Namespaces),
        ["bound_service_account_namespace_selector"] = "",
        ["audience"] = choice.Audience ?? "",
        ["token_policies"] = JsonText.Array(choice.Policies),
        ["token_ttl"] = choice.Ttl ?? "0",
    };

    private static TrustObject Account(TrustChoice choice) => new(
        Accounts, choice.ReviewerNamespace, ReviewerName, Object("v1", Accounts.Kind, Metadata(ReviewerName, choice.ReviewerNamespace)));

    // The cluster fills it with a token that lives as long as the account.
    private static TrustObject Token(TrustChoice choice)
    {
        var metadata = Metadata(ReviewerName, choice.ReviewerNamespace);
        metadata["annotations"] = new JsonObject { [AccountAnnotation] = ReviewerName };
        var secret = Object("v1", KubeResource.Secrets.Kind, metadata);
        secret["type"] = "kubernetes.io/service-account-token";
        return new TrustObject(KubeResource.Secrets, choice.ReviewerNamespace, ReviewerName, secret);
    }

    // system:auth-delegator would do, but also tells what anybody may do.
    private static TrustObject Rights()
    {
        var role = Object($"{Rbac}/v1", Roles.Kind, Metadata(ReviewerName, null));
        role["rules"] = new JsonArray(new JsonObject
        {
            ["apiGroups"] = JsonText.Array(["authentication.k8s.io"]),
            ["resources"] = JsonText.Array(["tokenreviews"]),
            ["verbs"] = JsonText.Array(["create"]),
        });
        return new TrustObject(Roles, null, ReviewerName, role);
    }

    private static TrustObject Binding(string name, JsonArray subjects)
    {
        var binding = Object($"{Rbac}/v1", Bindings.Kind, Metadata(name, null));
        binding["roleRef"] = new JsonObject { ["apiGroup"] = Rbac, ["kind"] = Roles.Kind, ["name"] = ReviewerName };
        binding["subjects"] = subjects;
        return new TrustObject(Bindings, null, name, binding);
    }

    private static JsonArray Logins(TrustChoice choice) =>
        [.. choice.Namespaces.SelectMany(ns => choice.Accounts.Select(account => Subject(account, ns)))];

    private static JsonObject Subject(string account, string ns) => new() { ["kind"] = Accounts.Kind, ["name"] = account, ["namespace"] = ns };

    private static JsonObject Metadata(string name, string? ns)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null)
            metadata["namespace"] = ns;
        metadata["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "kist" };
        return metadata;
    }

    private static JsonObject Object(string version, string kind, JsonObject metadata) =>
        new() { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = metadata };
}
