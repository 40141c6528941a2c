using Kist.Core;
using Kist.Core.Logins;

namespace Kist.Auth.Kubernetes;

/// <summary>Which service accounts may log in as what. Stored as JSON.</summary>
internal sealed record KubernetesRole
{
    /// <summary>An account is known by its uid: one of the same name that is made later is another.</summary>
    public const string ByUid = "serviceaccount_uid";

    /// <summary>An account is known by its namespace and name.</summary>
    public const string ByName = "serviceaccount_name";

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Random: one that is deleted and made anew is another.</summary>
    public string Id { get; init; } = "";

    /// <summary>What tokens may be.</summary>
    public TokenSettings Token { get; init; } = new();

    /// <summary>Names of accounts, as patterns.</summary>
    public IReadOnlyList<string> BoundServiceAccountNames { get; init; } = [];

    /// <summary>Namespaces of accounts, as patterns.</summary>
    public IReadOnlyList<string> BoundServiceAccountNamespaces { get; init; } = [];

    /// <summary>Selects further namespaces by their labels; empty for none.</summary>
    public string BoundServiceAccountNamespaceSelector { get; init; } = "";

    /// <summary>Whom tokens must be for; empty for the API server itself.</summary>
    public string Audience { get; init; } = "";

    /// <summary><see cref="ByUid"/> or <see cref="ByName"/>.</summary>
    public string AliasNameSource { get; init; } = ByUid;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public Failure? Check()
    {
        if (BoundServiceAccountNames.Count == 0)
            return Invalid("\"bound_service_account_names\" can not be empty");
        if (BoundServiceAccountNamespaces.Count == 0 && BoundServiceAccountNamespaceSelector.Length == 0)
            return Invalid("\"bound_service_account_namespaces\" can not be empty if \"bound_service_account_namespace_selector\" is not set");
        if (IsMixed(BoundServiceAccountNames))
            return Invalid("can not mix \"*\" with values in \"bound_service_account_names\"");
        if (IsMixed(BoundServiceAccountNamespaces))
            return Invalid("can not mix \"*\" with values in \"bound_service_account_namespaces\"");
        if (BoundServiceAccountNamespaceSelector.Length > 0 && LabelSelector.TryParse(BoundServiceAccountNamespaceSelector, out var fault) is null)
            return Invalid($"field \"bound_service_account_namespace_selector\": {fault}");
        return AliasNameSource is ByUid or ByName ? null : Invalid($"field \"alias_name_source\": must be {ByUid} or {ByName}");
    }

    private static bool IsMixed(IReadOnlyList<string> patterns) => patterns.Count > 1 && patterns.Contains("*", StringComparer.Ordinal);

    private static Failure Invalid(string why) => Failure.Invalid("kubernetes.invalid_role", why);
}
