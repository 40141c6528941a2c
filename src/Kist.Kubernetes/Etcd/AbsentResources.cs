using System.Text;
using Kist.Kubernetes.AtRest;
using Kist.Wire.Hcl;

namespace Kist.Kubernetes.Etcd;

/// <summary>A name of which etcd knows nothing.</summary>
/// <param name="Resource">The resource or a group's wildcard.</param>
/// <param name="Hint"><c> (did you mean "widgets.example.org"?)</c> with a leading blank, or empty.</param>
public sealed record UnknownResource(GroupResource Resource, string Hint);

/// <summary>Tells resources that have no objects from names that are a slip of the pen.</summary>
public static class AbsentResources
{
    /// <summary>
    /// Those of which etcd knows nothing: they are not built in, and no CustomResourceDefinition defines them, which lies in the same etcd.
    /// </summary>
    /// <param name="source">Where the definitions lie.</param>
    /// <param name="prefix">The API server's <c>--etcd-prefix</c>.</param>
    /// <param name="absent">Resources and groups' wildcards of which there is no object.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static async Task<IReadOnlyList<UnknownResource>> UnknownAsync(
        IObjectSource source, string prefix, IReadOnlyList<GroupResource> absent, CancellationToken cancellationToken)
    {
        var custom = absent.Where(r => !BuiltinResources.Has(r)).ToList();
        if (custom.Count == 0)
            return [];
        var defined = await DefinedAsync(source, prefix, cancellationToken);
        var known = defined.Concat(BuiltinResources.AllOfGroups).ToList();
        return
        [
            .. custom.Where(r => !defined.Exists(d => d == r || d.WholeGroup == r))
                .Select(r => new UnknownResource(r, HclSuggestion.For(r.ToString(), Names(known, r.IsWildcard)))),
        ];
    }

    private static IEnumerable<string> Names(List<GroupResource> known, bool wildcards) =>
        known.Select(r => (wildcards ? r.WholeGroup : r).ToString()).Distinct(StringComparer.Ordinal);

    private static async Task<List<GroupResource>> DefinedAsync(IObjectSource source, string prefix, CancellationToken cancellationToken)
    {
        var start = StorageKey.PrefixOf(prefix, BuiltinResources.Definitions);
        var defined = new List<GroupResource>();
        await foreach (var page in source.ReadAsync([start], cancellationToken))
            defined.AddRange(page.Entries.Select(e => GroupResource.Parse(Encoding.UTF8.GetString(e.Key.Span[start.Length..]))));
        return defined;
    }
}
