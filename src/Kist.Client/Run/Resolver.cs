using System.Text;
using Kist.Client.Run.Manifest;
using Kist.Crypto;

namespace Kist.Client.Run;

/// <summary>A name and the value that it got. The value belongs to the holder.</summary>
/// <param name="Name">Of the variable, or the alias.</param>
/// <param name="Value">The bytes.</param>
/// <param name="IsFile">Whether the value goes to a file.</param>
public sealed record ResolvedSecret(string Name, SecretBytes Value, bool IsFile) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Value.Dispose();
}

/// <summary>A secret to resolve, and who knows its value; the source of a literal is not asked.</summary>
/// <param name="Spec">What is asked for.</param>
/// <param name="Source">Whom to ask.</param>
public sealed record PlannedSecret(SecretSpec Spec, ISecretSource Source);

/// <summary>Which failures are let pass; the variable stays unset then.</summary>
/// <param name="Names">Of these names.</param>
/// <param name="All">Of all names.</param>
public sealed record IgnoredFailures(IReadOnlySet<string> Names, bool All)
{
    /// <summary>None.</summary>
    public static IgnoredFailures None { get; } = new(new HashSet<string>(), All: false);

    /// <summary>Whether a failure of this name is let pass.</summary>
    public bool Covers(string name) => All || Names.Contains(name);
}

/// <summary>Turns a plan into values: literals at once, all else from its source in one go, each id once.</summary>
public static class Resolver
{
    /// <summary>Resolves all, or nothing: after a failure, what was had is wiped.</summary>
    /// <exception cref="RunException">A value could not be had, and that was not to be ignored.</exception>
    public static async Task<IReadOnlyList<ResolvedSecret>> ResolveAsync(
        IReadOnlyList<PlannedSecret> plan, IgnoredFailures ignored, CancellationToken cancellation)
    {
        var answers = await FetchAsync(plan, cancellation);
        try
        {
            var failures = plan
                .Where(p => p.Spec.Tag.IsVariable && !ignored.Covers(p.Spec.Name) && answers[p.Source][p.Spec.Text].Error.Length > 0)
                .Select(p => $"{p.Spec.Name}: {answers[p.Source][p.Spec.Text].Error}").ToList();
            if (failures.Count > 0)
                throw RunException.Secret($"Error fetching secret: {string.Join("\n", failures)}");
            return [.. plan.Select(p => Value(p.Spec, p.Spec.Tag.IsVariable ? answers[p.Source][p.Spec.Text] : null)).OfType<ResolvedSecret>()];
        }
        finally
        {
            foreach (var answer in answers.Values.SelectMany(static a => a.Values))
                answer.Value?.Dispose();
        }
    }

    private static async Task<Dictionary<ISecretSource, Dictionary<string, SecretAnswer>>> FetchAsync(
        IReadOnlyList<PlannedSecret> plan, CancellationToken cancellation)
    {
        var answers = new Dictionary<ISecretSource, Dictionary<string, SecretAnswer>>();
        await Task.WhenAll(plan.Where(static p => p.Spec.Tag.IsVariable).GroupBy(static p => p.Source).Select(async group =>
        {
            var ids = Distinct(group);
            var fetched = await group.Key.FetchAsync(ids, cancellation);
            var byId = new Dictionary<string, SecretAnswer>(StringComparer.Ordinal);
            for (var i = 0; i < ids.Count; i++)
                byId[ids[i]] = fetched[i];
            lock (answers)
                answers[group.Key] = byId;
        }));
        return answers;
    }

    private static List<string> Distinct(IEnumerable<PlannedSecret> plan) =>
        [.. plan.Select(static p => p.Spec.Text).Distinct(StringComparer.Ordinal)];

    private static ResolvedSecret? Value(SecretSpec spec, SecretAnswer? answer)
    {
        if (answer is { Value: null })
            return null;
        // A value may stand under several names, each of which is wiped by itself.
        var value = answer is null ? Text(spec.Text) : new SecretBytes(answer.Value.Span);
        if (value.Length == 0 && spec.Tag.Default is { } standIn)
            value = Text(standIn);
        return new ResolvedSecret(spec.Name, value, spec.Tag.IsFile);
    }

    private static SecretBytes Text(string text) => new(Encoding.UTF8.GetBytes(text));
}
