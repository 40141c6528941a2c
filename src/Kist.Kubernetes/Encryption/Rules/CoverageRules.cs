using Kist.Kubernetes.AtRest;
using Kist.Wire.Hcl;

namespace Kist.Kubernetes.Encryption.Rules;

/// <summary>An entry that writes plaintext.</summary>
internal sealed class IdentityFirstRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        foreach (var writer in subject.Writers.Where(w => w.Provider.Kind == ProviderKind.Identity))
        {
            var first = writer.Provider;
            if (writer.Names.Any(name => subject.AnyProvider(name, ProviderTrait.Encrypting)))
            {
                yield return Finding.Warning(
                    "identity-first",
                    first.Place,
                    "identity stands first: these resources are written in plaintext, and the providers below only read what was encrypted before",
                    "move identity to the end, unless encryption is being turned off");
            }
            else if (ReferenceEquals(first, subject.SecretsProvider))
            {
                yield return Finding.Warning(
                    "identity-only",
                    first.Place,
                    "identity is the only provider: Secrets are written in plaintext",
                    "put an encrypting provider before it");
            }
            else
            {
                yield return Finding.Info(
                    "identity-only",
                    first.Place,
                    "identity is the only provider: these resources are written in plaintext",
                    "right if they hold no secrets");
            }
        }
    }
}

/// <summary>Resources of which plaintext cannot be read.</summary>
internal sealed class IdentityMissingRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Writers.Where(w => w.Names.Any(name => !subject.AnyProvider(name, ProviderTrait.Identity))).Select(w => Finding.Info(
            "identity-missing",
            w.Rule.Place.Field("providers"),
            "there is no identity provider: objects that are still in plaintext cannot be read, and one of them makes every list fail",
            "right once all are encrypted; until then add identity: {} at the end"));
}

/// <summary>Secrets that no entry names.</summary>
internal sealed class SecretsUncoveredRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        if (subject.Configuration.Rules.Count > 0 && subject.Configuration.RulesFor(GroupResource.Parse("secrets")).Count == 0)
        {
            yield return Finding.Warning(
                "secrets-uncovered",
                subject.Configuration.Place,
                "no entry covers secrets: they are written in plaintext",
                "add secrets to an entry's resources");
        }
    }
}

/// <summary>Names that the API server takes and that stand for nothing.</summary>
internal sealed class UnknownResourceRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Configuration.Rules.SelectMany(rule => rule.Resources).Select(Check).OfType<Finding>();

    private static Finding? Check(ResourceName name)
    {
        var (resource, group) = name.Parsed;
        if (group.Length > 0 || name.Parsed.IsWildcard || BuiltinResources.Core.Contains(resource))
            return null;
        var otherGroup = BuiltinResources.GroupOf(resource);
        var meant = otherGroup is null ? HclSuggestion.Closest(resource, BuiltinResources.Core) : $"{resource}.{otherGroup}";
        return Finding.Warning(
            "resource-unknown",
            name.Place,
            "the core API group has no such resource: the API server takes the name and encrypts nothing by it",
            meant is null ? "write the plural, with its group behind a dot: pandas.awesome.bears.example" : $"did you mean \"{meant}\"?");
    }
}

/// <summary>One resource in several entries.</summary>
internal sealed class JoinedResourceRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        var seen = new HashSet<GroupResource>();
        foreach (var rule in subject.Configuration.Rules)
        {
            var names = rule.Resources.DistinctBy(r => r.Parsed).Where(r => !r.Parsed.IsWildcard).ToList();
            foreach (var name in names.Where(n => !seen.Add(n.Parsed)))
            {
                yield return Finding.Info(
                    "resource-joined",
                    name.Place,
                    $"{name.Parsed} stands in an earlier entry, too: their providers are joined, and the earlier entry's first one writes",
                    "name it in one entry, with all providers");
            }
        }
    }
}

/// <summary>What to know about wildcards.</summary>
internal sealed class WildcardRule : ILintRule
{
    private static readonly Version KnownSince = new(1, 27);

    public IEnumerable<Finding> Check(LintSubject subject)
    {
        var rules = subject.Configuration.Rules;
        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i].Resources.FirstOrDefault(r => r.Parsed is { IsWildcard: true } && r.Text is not "*") is not { } wildcard)
                continue;
            if (subject.Facts.Release is not { } release)
            {
                yield return Finding.Info(
                    "wildcard-release",
                    wildcard.Place,
                    "API servers before 1.27 take wildcards and encrypt nothing by them",
                    "name the resources if any server is older");
            }
            else if (release < KnownSince)
            {
                yield return Finding.Warning(
                    "wildcard-release",
                    wildcard.Place,
                    $"API servers before 1.27 take wildcards and encrypt nothing by them, and this one is of {release}",
                    "name the resources");
            }
            if (rules.Skip(i + 1).Any(rule => !rule.Resources.All(r => r.Parsed.IsWildcard)))
            {
                yield return Finding.Warning(
                    "wildcard-order",
                    wildcard.Place,
                    "entries with names follow this wildcard: a name that it covers is refused there",
                    "move entries with wildcards to the end, *.* last");
            }
        }
    }
}
