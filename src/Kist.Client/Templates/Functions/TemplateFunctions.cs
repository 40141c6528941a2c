using System.Collections.Frozen;

namespace Kist.Client.Templates.Functions;

/// <summary>All functions that templates can call.</summary>
internal static class TemplateFunctions
{
    private static readonly FrozenDictionary<string, TemplateFunction> Known = new[]
    {
        BuiltinFunctions.All,
        DataFunctions.All,
        TextFunctions.All,
        EncodingFunctions.All,
        DocumentFunctions.All,
        CollectionFunctions.All,
        MathFunctions.All,
        SprigTextFunctions.All,
        SprigValueFunctions.All,
        SprigListFunctions.All,
        SprigMapFunctions.All,
    }.SelectMany(all => all).ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Refused = new (string[] Names, string Reason)[]
    {
        (["byKey", "byMeta", "byPort", "byTag", "caLeaf", "caRoots", "connect", "datacenters", "exportedServices", "importedServices", "key",
            "keyExists", "keyOrDefault", "ls", "node", "nodes", "partitions", "peerings", "safeLs", "safeTree", "service", "services", "tree"],
            "needs Consul, which Kist has not"),
        (["nomadService", "nomadServices", "nomadVar", "nomadVarExists", "nomadVarList", "nomadVarListSafe"], "needs Nomad, which Kist has not"),
        (["plugin"], "would run a program, which templates of Kist must not"),
        (["sockaddr"], "is not supported; pass the address in an environment variable"),
        (["spew_dump", "spew_printf", "spew_sdump", "spew_sprintf"], "is not supported: it would show secrets"),
    }.SelectMany(r => r.Names.Select(name => (name, r.Reason))).ToFrozenDictionary(r => r.name, r => r.Reason, StringComparer.Ordinal);

    /// <summary>Names that a misspelled one may have meant.</summary>
    public static IEnumerable<string> Names => Known.Keys;

    public static TemplateFunction? Find(string name) => Known.GetValueOrDefault(name);

    /// <summary>Why a function that consul-template has is not to be had here; null for all others.</summary>
    public static string? Refusal(string name) => Refused.TryGetValue(name, out var reason) ? $"\"{name}\" {reason}" : null;
}
