using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>
/// Another node's file, which shall get what the first one has. Only a step of this rotation may lie between the two: nothing that writes there is
/// lost, and what reads there and not in the first one is what the rotation took out; whether that is needed still, etcd tells.
/// </summary>
internal sealed class FollowingFile
{
    private readonly EncryptionConfiguration configuration;
    private readonly IReadOnlyList<(ResourceRule Rule, Slot Slot)> lost;

    private FollowingFile(EncryptionConfiguration configuration, IReadOnlyList<(ResourceRule Rule, Slot Slot)> lost) =>
        (this.configuration, this.lost) = (configuration, lost);

    /// <summary>Compares a file with the first one.</summary>
    /// <returns>A failure whose message says why it cannot be replaced.</returns>
    public static Outcome<FollowingFile> Compare(FileState leader, byte[] content)
    {
        var loaded = ConfigurationFile.Load(Encoding.UTF8.GetString(content), new LintFacts { KmsV1Enabled = true });
        if (!loaded.Succeeded)
            return Differs($"the API server refuses it ({loaded.Failure.Message})");
        if (Unwritten(leader, loaded.Value) is { } otherwise)
            return Differs(otherwise);
        var (mine, theirs) = (Keys(leader.Configuration), Keys(loaded.Value));

        // Once the new key is alone here, what it has left behind is what the other one still has beside it.
        var isAfterRemoval = leader.Stage == RuleStage.Alone
            && leader.Rules.All(r => r.Rule.Resources.All(n => theirs.ContainsKey((r.Target, n.Parsed))));
        var taken = new List<(ResourceRule, Slot)>();
        foreach (var ((slot, name), keys) in theirs)
        {
            var known = mine.GetValueOrDefault((slot, name), new KeysOfSlot([], []));
            if (known.Secrets.Count > 0)
            {
                if (!keys.Secrets.IsSubsetOf(known.Secrets))
                    return Differs($"{slot} of {name} has another secret");
                continue;
            }
            if (!isAfterRemoval || !leader.Resources.Contains(name))
                return Differs($"{slot} of {name} is not in the first one");
            if (keys.Rules.Exists(r => Slot.Of(r.Providers[0]).First() == slot))
                return Differs($"{slot} of {name} is not in the first one, and writes there");
            taken.AddRange(keys.Rules.Select(r => (r, slot)));
        }
        return new FollowingFile(loaded.Value, taken);
    }

    /// <summary>What lies in etcd under a key that would be lost; empty when nothing does.</summary>
    public async Task<Outcome<IReadOnlyList<StoredCount>>> InUseAsync(IStoredObjects objects, CancellationToken cancellationToken)
    {
        if (lost.Count == 0)
            return new Outcome<IReadOnlyList<StoredCount>>([]);
        List<GroupResource> names = [.. lost.SelectMany(l => l.Rule.Resources).Select(n => n.Parsed).Distinct()];
        var counted = await objects.CountAsync(configuration, names, cancellationToken);
        return counted.Succeeded ? counted.Value.Where(c => c.Objects > 0 && lost.Any(l => IsUnder(c, l.Rule, l.Slot))).ToList() : counted.Failure;
    }

    /// <summary>Whether the rotation took something out that the file still has.</summary>
    public bool LosesKeys => lost.Count > 0;

    // The same keys in another order write otherwise, down to plaintext: that is no step of a rotation but for the entries that are rotated.
    private static string? Unwritten(FileState leader, EncryptionConfiguration other)
    {
        foreach (var name in leader.Configuration.Rules.Concat(other.Rules).SelectMany(r => r.Resources).Select(r => r.Parsed).Distinct())
        {
            var (mine, theirs) = (Writing(leader.Configuration, name), Writing(other, name));
            var isRotated = leader.Rules.Any(r => leader.Governs(r, name));
            if (mine != theirs && (!isRotated || mine.Kind == ProviderKind.Identity))
                return $"{name} is written there as {theirs}, and as {mine} in the first one";
        }
        return null;
    }

    private static Slot Writing(EncryptionConfiguration configuration, GroupResource name) =>
        configuration.ProvidersFor(name).SelectMany(Slot.Of).FirstOrDefault() ?? new Slot(ProviderKind.Identity, "");

    private static Failure Differs(string reason) => Failure.Conflict("rotation.files_differ", reason);

    private bool IsUnder(StoredCount count, ResourceRule rule, Slot slot) =>
        count.Slot is { } used && MayBe(used, slot) && configuration.RulesFor(count.Resource).Contains(rule, ReferenceEqualityComparer.Instance);

    // Where one name is the other's beginning, values do not tell under which of the two they are.
    private static bool MayBe(Slot used, Slot slot) => used == slot || (used.Kind != ProviderKind.Identity && slot.Kind != ProviderKind.Identity
        && (used.Prefix.StartsWith(slot.Prefix, StringComparison.Ordinal) || slot.Prefix.StartsWith(used.Prefix, StringComparison.Ordinal)));

    private static Dictionary<(Slot Slot, GroupResource Name), KeysOfSlot> Keys(EncryptionConfiguration configuration)
    {
        var keys = new Dictionary<(Slot, GroupResource), KeysOfSlot>();
        foreach (var rule in configuration.Rules)
        {
            foreach (var (name, provider) in rule.Resources.SelectMany(n => rule.Providers.Select(p => (n.Parsed, p))))
            {
                foreach (var (slot, secret) in Slots(provider))
                {
                    if (!keys.TryGetValue((slot, name), out var known))
                        keys[(slot, name)] = known = new KeysOfSlot([], []);
                    known.Secrets.Add(secret);
                    if (!known.Rules.Contains(rule, ReferenceEqualityComparer.Instance))
                        known.Rules.Add(rule);
                }
            }
        }
        return keys;
    }

    private static IEnumerable<(Slot Slot, string Secret)> Slots(ProviderConfiguration provider)
    {
        if (provider is { Keyed: { } keyed, Kind: { } kind })
            return keyed.Keys.Select(key => (new Slot(kind, key.Name), Digest(key)));
        return Slot.Of(provider).Select(slot => (slot, provider.Kms?.Endpoint ?? ""));
    }

    private static string Digest(ConfiguredKey key)
    {
        using var secret = key.Decode();
        return Convert.ToHexString(SHA256.HashData(secret is null ? default : secret.Span));
    }

    // Secrets by their digests, and the entries in which they stand.
    private sealed record KeysOfSlot(HashSet<string> Secrets, List<ResourceRule> Rules);
}
