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

    public void Dispose() => CryptographicOperations.ZeroMemory(Content);
}
