namespace Kist.Kubernetes.Encryption.Rules;

/// <summary>What an old API server takes and does not do.</summary>
internal sealed class ReleaseRule : ILintRule
{
    private static readonly Version CustomResources = new(1, 26);
    private static readonly Version SecondKms = new(1, 27);

    public IEnumerable<Finding> Check(LintSubject subject)
    {
        if (subject.Facts.Release is not { } release)
            yield break;
        foreach (var name in subject.Configuration.Rules.SelectMany(r => r.Resources).Where(n => release < CustomResources && IsCustom(n.Parsed)))
        {
            yield return Finding.Warning(
                "custom-resource-release",
                name.Place,
                $"API servers before 1.26 store custom resources in plaintext, whatever the file says, and this one is of {release}",
                "nothing keeps these objects secret before the server is upgraded");
        }
        foreach (var kms in subject.Kms.Where(k => release < SecondKms && k.ApiVersion is KmsConfiguration.V2))
        {
            yield return Finding.Warning(
                "kms-v2-release",
                kms.Place.Field("apiVersion"),
                $"a KMS of the second version is on by default since 1.27, and the API server is of {release}: it refuses the file, or before 1.25 "
                    + "takes the plugin for one of the first version",
                "upgrade the API server first");
        }
    }

    private static bool IsCustom(GroupResource name) =>
        !name.IsWildcard && name.Group.Length > 0 && BuiltinResources.GroupOf(name.Resource) != name.Group;
}
