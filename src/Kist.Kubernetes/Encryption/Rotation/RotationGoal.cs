using Kist.Core;
using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>
/// What a rotation shall lead to: this key writes, and none but it (and identity, if that was there) is left. How far it is, is never written down
/// anywhere: it is seen in the files, in what the API servers have loaded and in etcd.
/// </summary>
/// <param name="Name">The new key's name, for a KMS the provider's; never given before.</param>
public sealed record RotationGoal(string Name)
{
    /// <summary>The new key's provider; null for that of the key which writes now.</summary>
    public ProviderKind? Kind { get; init; }

    /// <summary>The plugin's socket, with a KMS.</summary>
    public string? Endpoint { get; init; }

    /// <summary>Only entries that name one of these; empty: all entries that encrypt.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>The entries that it is about, each with the slot that it shall have.</summary>
    internal Outcome<IReadOnlyList<RotatingRule>> Select(EncryptionConfiguration configuration)
    {
        if (Name.Length == 0 || Name.Contains(':', StringComparison.Ordinal))
            return Failure.Invalid("rotation.name", "the new key needs a name without a colon");
        var names = Resources.Select(GroupResource.Parse).ToList();
        var rules = configuration.Rules
            .Where(r => names.Count > 0 ? r.Resources.Any(n => names.Contains(n.Parsed)) : r.Providers[0].Kind != ProviderKind.Identity)
            .ToList();
        if (rules.Count == 0)
        {
            return Failure.Invalid(
                "rotation.nothing",
                names.Count > 0 ? "no entry names these resources" : "no entry of the file encrypts: begin with kist encryption init");
        }
        List<RotatingRule> selected = [.. rules.Select(r => new RotatingRule(r, new Slot(KindFor(r), Name)))];
        if (selected.Exists(r => r.Target.Kind is ProviderKind.Identity))
            return Failure.Invalid("rotation.provider", "the entry writes plaintext: name the provider that shall encrypt");
        if (selected.Exists(r => r.Target.Kind is ProviderKind.KmsV1))
            return Failure.Invalid("rotation.provider", "KMS v1 is not rotated to: take a KMS of the second version (-provider=kms)");
        if (selected.Count > 1 && selected.Exists(r => r.Target.Kind == ProviderKind.KmsV2))
            return Failure.Invalid("rotation.kms_entries", "a KMS can stand in one entry only: put all into one, or rotate one alone");
        return (Shared(configuration, selected) ?? Ambiguity(selected)) is { } failure ? failure : selected;
    }

    private ProviderKind KindFor(ResourceRule rule) => Kind ?? rule.Providers[0].Kind ?? ProviderKind.Identity;

    // The API server joins such entries: a key would have to be in the right place of both at once.
    private static Failure? Shared(EncryptionConfiguration configuration, List<RotatingRule> selected)
    {
        foreach (var name in selected.SelectMany(r => r.Rule.Resources).Select(r => r.Parsed))
        {
            if (configuration.Rules.Count(r => r.Resources.Any(n => n.Parsed == name)) > 1)
            {
                return Failure.Invalid(
                    "rotation.two_entries",
                    $"{name} stands in several entries of the file, whose providers the API server joins: put them into one entry first, in the "
                        + "order of the file, and have every API server load that");
            }
        }
        return null;
    }

    // Whether a key is in use is read from the names that values carry; the new one counts from the beginning, before it is written.
    private static Failure? Ambiguity(List<RotatingRule> selected)
    {
        foreach (var rule in selected)
        {
            List<Slot> slots = [.. rule.Slots.Where(s => s.Kind != ProviderKind.Identity)];
            if (!slots.Contains(rule.Target))
                slots.Add(rule.Target);
            foreach (var slot in slots)
            {
                if (slots.Find(s => s.Prefix.StartsWith(slot.Prefix, StringComparison.Ordinal) && !ReferenceEquals(s, slot)) is { } other)
                {
                    return Failure.Invalid(
                        "rotation.ambiguous_names",
                        $"{rule.Rule.Resources[0].Parsed}: values of {slot} and {other} cannot be told apart by their names: rotate by hand, to a "
                            + "key of another provider");
                }
            }
        }
        return null;
    }
}

/// <summary>How far an entry is.</summary>
internal enum RuleStage
{
    /// <summary>The new key is not there.</summary>
    Absent,

    /// <summary>It reads.</summary>
    Reads,

    /// <summary>It writes, and others read.</summary>
    Writes,

    /// <summary>It alone is left.</summary>
    Alone,
}

/// <summary>An entry that is rotated.</summary>
/// <param name="Rule">As it is now.</param>
/// <param name="Target">What shall write it.</param>
internal sealed record RotatingRule(ResourceRule Rule, Slot Target)
{
    /// <summary>All ways to read it but plaintext, in order.</summary>
    public IReadOnlyList<Slot> Slots => [.. Rule.Providers.SelectMany(Slot.Of)];

    /// <summary>What is taken out at the end.</summary>
    public IReadOnlyList<Slot> Others => [.. Slots.Where(s => s != Target && s.Kind != ProviderKind.Identity)];

    /// <summary>How far it is.</summary>
    public RuleStage Stage
    {
        get
        {
            if (!Slots.Contains(Target))
                return RuleStage.Absent;
            if (Slots[0] != Target)
                return RuleStage.Reads;
            return Others.Count > 0 ? RuleStage.Writes : RuleStage.Alone;
        }
    }
}
