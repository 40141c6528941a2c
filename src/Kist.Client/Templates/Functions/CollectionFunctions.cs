using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Functions on maps, and counting.</summary>
internal static class CollectionFunctions
{
    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("loop", 1, 2, static call => call.Count == 1 ? new SequenceValue(0, Bound(call, 0)) : new SequenceValue(Bound(call, 0), Bound(call, 1))),
        new("explode", 1, 1, static call => Explode(Pairs(call))),
        new("explodeMap", 1, 1, static call => Explode(call.Map(0).Entries)),
        new("mergeMap", 2, 2, static call => MapMerging.Merge(call.Map(0), call.Map(1), overwrites: false, call.Run)),
        new("mergeMapWithOverride", 2, 2, static call => MapMerging.Merge(call.Map(0), call.Map(1), overwrites: true, call.Run)),
    ];

    // Numbers as texts are taken as well: they may come from a variable.
    private static long Bound(TemplateCall call, int index) =>
        call[index] is TextValue text ? DocumentFunctions.ParseInteger(text.Value) : call.Integer(index);

    private static IEnumerable<KeyValuePair<string, TemplateValue>> Pairs(TemplateCall call) => call.List(0).Select(pair =>
        pair is MapValue map && map.Entries.GetValueOrDefault("Key") is TextValue key && map.Entries.GetValueOrDefault("Value") is { } value
            ? KeyValuePair.Create(key.Value, value)
            : throw call.Wrong(0, "a list of maps with Key and Value"));

    /// <summary>A map of maps from keys with slashes.</summary>
    private static MapValue Explode(IEnumerable<KeyValuePair<string, TemplateValue>> pairs)
    {
        var root = new MapValue();
        foreach (var (path, value) in pairs)
        {
            var parts = path.Split('/');
            TemplateLimits.CheckValueDepth(parts.Length);
            var map = root;
            foreach (var part in parts[..^1])
                map = Inner(map, part);
            if (parts[^1].Length > 0)
                map.Entries[parts[^1]] = value;
        }
        return root;
    }

    private static MapValue Inner(MapValue map, string key)
    {
        if (!map.Entries.TryGetValue(key, out var inner))
            map.Entries[key] = inner = new MapValue();
        return inner is MapValue { IsShared: false } found ? found : throw new TemplateFaultException("a key is a value and a folder at once");
    }
}
