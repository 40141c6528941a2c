namespace Kist.Kubernetes.Encryption;

/// <summary>A file in words: what it does for each resource.</summary>
/// <param name="Entries">In the order of the file.</param>
public sealed record Explanation(IReadOnlyList<ExplainedResources> Entries)
{
    /// <summary>What becomes of everything that no entry covers; null when <c>*.*</c> covers all.</summary>
    public string? Uncovered { get; init; }

    /// <summary>Explains a configuration that the API server accepts.</summary>
    public static Explanation Of(EncryptionConfiguration configuration)
    {
        var entries = new List<ExplainedResources>();
        var names = configuration.Rules.SelectMany(rule => rule.Resources).Select(r => r.Parsed).Distinct().ToList();
        var coversAll = names.Contains(GroupResource.Everything);

        // Several entries may name one resource: what counts is the chain that they make together.
        foreach (var same in names.GroupBy(name => Chain(configuration, name), StringComparer.Ordinal))
        {
            var resources = same.ToList();
            var providers = configuration.Rules.Where(r => r.Resources.Any(n => n.Parsed == resources[0])).SelectMany(r => r.Providers);
            entries.Add(new ResourceExplainer(resources, [.. providers.SelectMany(Slot.Of)]).Explain());
        }
        return new Explanation(entries)
        {
            Uncovered = coversAll ? null : "written in plaintext; one that was encrypted when an entry still covered it cannot be read",
        };
    }

    private static string Chain(EncryptionConfiguration configuration, GroupResource name) =>
        string.Join(' ', configuration.Rules.Select((rule, i) => rule.Resources.Any(r => r.Parsed == name) ? i : -1).Where(i => i >= 0));
}

/// <summary>What happens to some resources.</summary>
/// <param name="Resources">In words: <c>secrets</c>, <c>everything else of the core group (*.)</c>.</param>
/// <param name="Written">How they are written.</param>
/// <param name="Readable">What can be read, in the order in which it is tried.</param>
/// <param name="Rewritten">What is written anew at its next write request, as it differs from how it would be written now; null when nothing.</param>
/// <param name="Changes">What would happen if the file were changed.</param>
public sealed record ExplainedResources(
    IReadOnlyList<string> Resources, string Written, IReadOnlyList<string> Readable, string? Rewritten, IReadOnlyList<string> Changes);
