namespace Kist.Kubernetes.Encryption.Rules;

/// <summary>Names of KMS providers, which stored values carry.</summary>
internal sealed class KmsNameRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kms in subject.Kms)
        {
            var place = kms.Place.Field("name");
            var isV1 = kms.ApiVersion is KmsConfiguration.V1;
            if (kms.Name.Length == 0)
                yield return Finding.Error(
                    "kms-name",
                    place,
                    "Required value: name is a mandatory field for a provider",
                    "give it a name that is kept for ever");
            if (!isV1 && kms.Name.Contains(':', StringComparison.Ordinal))
            {
                yield return Finding.Error(
                    "kms-name-colon", place, $"invalid KMS provider name {kms.Name}, must not contain ':'", "use letters, digits and hyphens");
            }
            if (!seen.Add(kms.Name) && (!isV1 || subject.Facts.AutomaticReload))
            {
                yield return Finding.Error(
                    "kms-name-duplicate",
                    place,
                    $"duplicate KMS provider name {kms.Name}, names must be unique",
                    "list the provider once, with all its resources in that entry");
            }
        }
    }
}

/// <summary>Addresses of plugins.</summary>
internal sealed class KmsEndpointRule : ILintRule
{
    private const string Fix = "write unix:///path/to/socket";

    public IEnumerable<Finding> Check(LintSubject subject) => subject.Kms.Select(Check).OfType<Finding>();

    private static Finding? Check(KmsConfiguration kms)
    {
        var place = kms.Place.Field("endpoint");
        if (kms.Endpoint.Length == 0)
            return Finding.Error("kms-endpoint", place, "endpoint is a mandatory field for a kms", Fix);
        if (GoUrl.Parse(kms.Endpoint, out var url) is { } fault)
            return Finding.Error("kms-endpoint-url", place, $"invalid endpoint for kms provider, error: {fault}", Fix);
        return url.Scheme is "unix"
            ? null
            : Finding.Error("kms-endpoint-scheme", place, $"unsupported scheme \"{url.Scheme}\" for KMS provider, only unix is supported", Fix);
    }
}

/// <summary>Deadlines of calls.</summary>
internal sealed class KmsTimeoutRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Kms.Where(kms => !kms.Timeout.IsPositive).Select(kms => Finding.Error(
            "kms-timeout", kms.Place.Field("timeout"), "timeout should be a positive value", "remove it (three seconds) or write one such as 3s"));
}

/// <summary>The first version's cache.</summary>
internal sealed class KmsCacheSizeRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        foreach (var kms in subject.Kms)
        {
            var place = kms.Place.Field("cachesize");
            if (kms.ApiVersion is not KmsConfiguration.V1 && kms.CacheSize is not null)
                yield return Finding.Error("kms-cachesize", place, "cachesize is not supported in v2", "remove it");
            if (kms.ApiVersion is KmsConfiguration.V1 && kms.CacheSize == 0)
            {
                yield return Finding.Error(
                    "kms-cachesize", place, "cachesize should be a positive value, or negative to disable", "remove it (1000), or write -1 for none");
            }
        }
    }
}

/// <summary>Versions of the plugin's API.</summary>
internal sealed class KmsVersionRule : ILintRule
{
    // The API server's message has the field's name where the value was meant.
    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Kms.Where(kms => kms.ApiVersion is not (KmsConfiguration.V1 or KmsConfiguration.V2)).Select(kms => Finding.Error(
            "kms-api-version",
            kms.Place.Field("apiVersion"),
            "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported",
            "write apiVersion: v2"));
}

/// <summary>The first version, which is off by default.</summary>
internal sealed class KmsV1GateRule : ILintRule
{
    private const string Fix =
        "move to a plugin of the second version: add it first in the list with apiVersion: v2, rewrite all objects, remove this one";

    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Kms.Where(kms => kms.ApiVersion is KmsConfiguration.V1).Select(kms => subject.Facts.KmsV1Enabled
            ? Finding.Warning(
                "kms-v1",
                kms.Place.Field("apiVersion"),
                "KMS v1 is deprecated, asks its plugin at every write and is off by default since 1.29",
                Fix)
            : Finding.Error(
                "kms-v1-disabled",
                kms.Place.Field("apiVersion"),
                "KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.  "
                + "Set --feature-gates=KMSv1=true to use the deprecated KMSv1 feature.",
                $"{Fix}; if it is a plugin of the second version, write apiVersion: v2 (absent means v1)"));
}

/// <summary>Two slashes where three are meant: what follows is taken for a host, and the socket's path is another one.</summary>
internal sealed class KmsEndpointHostRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        foreach (var kms in subject.Kms)
        {
            if (GoUrl.Parse(kms.Endpoint, out var url) is not null || url.Scheme is not "unix" || (url.Host.Length == 0 && url.Path.Length > 1))
                continue;
            var socket = url.Path.Length > 0 ? url.Path : "nothing";
            yield return Finding.Warning(
                "kms-endpoint-host",
                kms.Place.Field("endpoint"),
                $"the API server will connect to {socket}: what stands behind two slashes is a host",
                "write three slashes: unix:///path/to/socket");
        }
    }
}
