using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>The three changes of a file.</summary>
internal static class RotationEdit
{
    /// <summary>The new key as a further reader of every entry that has it not: one key for all of them.</summary>
    public static EncryptionConfiguration Add(EncryptionConfiguration configuration, IReadOnlyList<RotatingRule> rules, string? endpoint)
    {
        var keys = new Dictionary<ProviderKind, ConfiguredKey>();
        foreach (var kind in rules.Select(r => r.Target.Kind).Where(k => k != ProviderKind.KmsV2).Distinct())
        {
            keys[kind] = rules.Where(r => r.Target.Kind == kind).SelectMany(r => r.Rule.Providers).Where(p => p.Kind == kind)
                .SelectMany(p => p.Keyed!.Keys).FirstOrDefault(k => k.Name == rules[0].Target.Name) ?? NewKeys.Make(rules[0].Target.Name);
        }
        return Change(
            configuration,
            rules.Where(r => r.Stage == RuleStage.Absent),
            rule => Second(rule, keys.GetValueOrDefault(rule.Target.Kind), endpoint));
    }

    /// <summary>The new key first.</summary>
    public static EncryptionConfiguration Promote(EncryptionConfiguration configuration, IReadOnlyList<RotatingRule> rules) =>
        Change(configuration, rules.Where(r => r.Stage == RuleStage.Reads), rule =>
        {
            var holder = rule.Rule.Providers.First(p => Slot.Of(p).Contains(rule.Target));
            var first = holder.Keyed is { } keyed
                ? ProviderConfiguration.OfKeys(rule.Target.Kind, [.. keyed.Keys.OrderBy(k => k.Name != rule.Target.Name)])
                : holder;
            return [first, .. rule.Rule.Providers.Where(p => !ReferenceEquals(p, holder))];
        });

    /// <summary>The new key alone, and plaintext readable where it was.</summary>
    public static EncryptionConfiguration Remove(EncryptionConfiguration configuration, IReadOnlyList<RotatingRule> rules) =>
        Change(configuration, rules.Where(r => r.Stage == RuleStage.Writes), rule =>
        {
            var holder = rule.Rule.Providers[0];
            var alone = holder.Keyed is { } keyed ? ProviderConfiguration.OfKeys(rule.Target.Kind, [keyed.Keys[0]]) : holder;
            return [alone, .. rule.Rule.Providers.Where(p => p.Kind == ProviderKind.Identity).Take(1)];
        });

    private static IReadOnlyList<ProviderConfiguration> Second(RotatingRule rule, ConfiguredKey? key, string? endpoint)
    {
        var providers = rule.Rule.Providers;
        var (first, rest) = (providers[0], providers.Skip(1));
        if (key is not null && first.Kind == rule.Target.Kind)
            return [ProviderConfiguration.OfKeys(rule.Target.Kind, [first.Keyed!.Keys[0], key, .. first.Keyed.Keys.Skip(1)]), .. rest];
        var added = key is not null
            ? ProviderConfiguration.OfKeys(rule.Target.Kind, [key])
            : new ProviderConfiguration(Place.File)
            {
                Kms = new KmsConfiguration(KmsConfiguration.V2, rule.Target.Name, endpoint ?? "", KmsTimeout.Default, null, Place.File),
            };
        return [first, added, .. rest];
    }

    private static EncryptionConfiguration Change(
        EncryptionConfiguration configuration, IEnumerable<RotatingRule> rules, Func<RotatingRule, IReadOnlyList<ProviderConfiguration>> change)
    {
        var changed = rules.ToDictionary(r => r.Rule, change, (IEqualityComparer<ResourceRule>)ReferenceEqualityComparer.Instance);
        return configuration with
        {
            Rules = [.. configuration.Rules.Select(r => changed.TryGetValue(r, out var providers) ? r with { Providers = providers } : r)],
        };
    }
}
