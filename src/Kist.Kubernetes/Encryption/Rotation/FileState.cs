using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>A file as a rotation sees it. Wipes its content on disposal.</summary>
internal sealed class FileState : IDisposable
{
    private FileState(byte[] content, EncryptionConfiguration configuration, IReadOnlyList<RotatingRule> rules)
    {
        Content = content;
        Configuration = configuration;
        Rules = rules;
    }

    public byte[] Content { get; }

    public EncryptionConfiguration Configuration { get; }

    /// <summary>The entries that are rotated.</summary>
    public IReadOnlyList<RotatingRule> Rules { get; }

    /// <summary>The least advanced entry's stage: all go together.</summary>
    public RuleStage Stage => Rules.Min(r => r.Stage);

    public string Fingerprint => SealedBackup.FingerprintOf(Content);

    /// <summary>What the entries name.</summary>
    public IReadOnlyList<GroupResource> Resources => [.. Rules.SelectMany(r => r.Rule.Resources).Select(r => r.Parsed).Distinct()];

    public static Outcome<FileState> Read(IConfigurationFile file, RotationGoal goal)
    {
        var content = file.Read();
        var loaded = ConfigurationFile.Load(Encoding.UTF8.GetString(content), new LintFacts { KmsV1Enabled = true });
        if (!loaded.Succeeded)
            return Failure.Invalid("rotation.refused", $"the API server refuses {file.Path}: {loaded.Failure.Message}");
        var rules = goal.Select(loaded.Value);
        return rules.Succeeded ? new FileState(content, loaded.Value, rules.Value) : rules.Failure;
    }

    /// <summary>Whether an entry decides about a resource.</summary>
    public bool Governs(RotatingRule rule, GroupResource resource) =>
        Configuration.RulesFor(resource).Contains(rule.Rule, ReferenceEqualityComparer.Instance);

    /// <summary>True for objects that the API server would write otherwise now, and whose key is there to read them.</summary>
    public bool IsToRewrite(StoredCount count) =>
        count.Objects > 0 && Rules.Any(r => Governs(r, count.Resource) && count.Slot is { } slot && slot != r.Target && r.Slots.Contains(slot));

    /// <summary>True for objects that could not be read any more.</summary>
    public bool IsUnderOldKey(StoredCount count) =>
        count.Objects > 0 && Rules.Any(r => Governs(r, count.Resource) && count.Slot is { } slot && r.Others.Contains(slot));

    /// <summary>True for objects under a key that is not the new one.</summary>
    public bool IsOfOtherKey(StoredCount count) => count.Objects > 0 && Rules.Any(r => Governs(r, count.Resource) && count.Slot != r.Target);

    /// <summary>Why another node's file is not one that this one can replace; null when it is.</summary>
    public string? Refuses(byte[] other)
    {
        var loaded = ConfigurationFile.Load(Encoding.UTF8.GetString(other), new LintFacts { KmsV1Enabled = true });
        if (!loaded.Succeeded)
            return $"the API server refuses it ({loaded.Failure.Message})";
        var (mine, theirs) = (Keys(Configuration), Keys(loaded.Value));

        // Once the new key is alone here, what it has left behind is what the other one still has beside it.
        var isAfterRemoval = Stage == RuleStage.Alone
            && Rules.All(r => r.Rule.Resources.All(n => theirs.ContainsKey(Key(r.Target, n))));
        foreach (var (place, secrets) in theirs)
        {
            var known = mine.GetValueOrDefault(place, []);
            if (known.Count == 0 && !isAfterRemoval)
                return $"{place} is not in the first one";
            if (known.Count > 0 && !secrets.IsSubsetOf(known))
                return $"{place} has another secret";
        }
        return null;
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(Content);

    // Secrets by their digests: each resource's slots.
    private static Dictionary<string, HashSet<string>> Keys(EncryptionConfiguration configuration)
    {
        var keys = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var rule in configuration.Rules)
        {
            foreach (var (name, provider) in rule.Resources.SelectMany(n => rule.Providers.Select(p => (n, p))))
            {
                foreach (var (slot, secret) in Slots(provider))
                {
                    var place = Key(slot, name);
                    if (!keys.TryGetValue(place, out var secrets))
                        keys[place] = secrets = [];
                    secrets.Add(secret);
                }
            }
        }
        return keys;
    }

    private static string Key(Slot slot, ResourceName name) => $"{slot} of {name.Parsed}";

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
}
