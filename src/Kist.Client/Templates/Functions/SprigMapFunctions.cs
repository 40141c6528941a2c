using Kist.Client.Templates.Evaluation;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>The common ones of Sprig's functions on maps.</summary>
internal static class SprigMapFunctions
{
    private const int Any = int.MaxValue;

    public static IEnumerable<TemplateFunction> All { get; } =
    [
        new("sprig_dict", 0, Any, static call => Dictionary(call)),
        new("sprig_get", 2, 2, static call => call.Map(0).Entries.GetValueOrDefault(call.Text(1), TextValue.Empty)),
        new("sprig_set", 3, 3, static call => Changed(call, map => map.Entries[call.Text(1)] = call[2])) { HasEffects = true },
        new("sprig_unset", 2, 2, static call => Changed(call, map => map.Entries.Remove(call.Text(1)))) { HasEffects = true },
        new("sprig_hasKey", 2, 2, static call => BooleanValue.Of(call.Map(0).Entries.ContainsKey(call.Text(1)))),
        new("sprig_keys", 1, Any, static call => ListValue.OfTexts(Maps(call).SelectMany(m => m.Entries.Keys))),
        new("sprig_values", 1, 1, static call => new ListValue([.. call.Map(0).Entries.Values])),
        new("sprig_pick", 1, Any, static call => Filtered(call, isKept: true)),
        new("sprig_omit", 1, Any, static call => Filtered(call, isKept: false)),
        new("sprig_merge", 1, Any, static call => Maps(call).Aggregate((a, b) => MapMerging.Merge(a, b, overwrites: false, call.Run))),
        new("sprig_mergeOverwrite", 1, Any, static call => Maps(call).Aggregate((a, b) => MapMerging.Merge(a, b, overwrites: true, call.Run))),
        new("sprig_deepCopy", 1, 1, static call => Copy(call[0], 0, call.Run)),
        new("sprig_pluck", 1, Any, static call => Pluck(call)),
        new("sprig_dig", 3, Any, static call => Dig(call)),
    ];

    private static MapValue Dictionary(TemplateCall call)
    {
        var map = new MapValue();
        for (var i = 0; i < call.Count; i += 2)
            map.Entries[SprigTextFunctions.Print(call, i)] = i + 1 < call.Count ? call[i + 1] : TextValue.Empty;
        return map;
    }

    private static MapValue Changed(TemplateCall call, Action<MapValue> change)
    {
        var map = call.Map(0);
        if (map.IsShared)
            throw new TemplateFaultException("what was fetched cannot be changed; take a sprig_deepCopy first");
        change(map);
        return map;
    }

    private static IEnumerable<MapValue> Maps(TemplateCall call) => Enumerable.Range(0, call.Count).Select(call.Map);

    private static MapValue Filtered(TemplateCall call, bool isKept)
    {
        var keys = Enumerable.Range(1, call.Count - 1).Select(call.Text).ToHashSet(StringComparer.Ordinal);
        return MapValue.Of(call.Map(0).Entries.Where(e => keys.Contains(e.Key) == isKept));
    }

    private static TemplateValue Copy(TemplateValue value, int depth, TemplateRun run)
    {
        TemplateLimits.CheckValueDepth(depth);
        // What is in a value several times is copied as often, and again within each copy.
        run.Step();
        return value switch
        {
            MapValue map => MapValue.Of(map.Entries.Select(e => KeyValuePair.Create(e.Key, Copy(e.Value, depth + 1, run)))),
            ListValue list => new ListValue([.. list.Elements.Select(e => Copy(e, depth + 1, run))], list.GoType),
            _ => value,
        };
    }

    /// <summary>What each of the maps behind a key has under it.</summary>
    private static ListValue Pluck(TemplateCall call) => new(
    [
        .. Enumerable.Range(1, call.Count - 1).Select(call.Map).Where(m => m.Entries.ContainsKey(call.Text(0))).Select(m => m.Entries[call.Text(0)]),
    ]);

    /// <summary>Keys, one within the other, then what to give when one is missing, then the map.</summary>
    private static TemplateValue Dig(TemplateCall call)
    {
        TemplateValue value = call.Map(call.Count - 1);
        for (var i = 0; i < call.Count - 2; i++)
        {
            if (value is not MapValue map || !map.Entries.TryGetValue(call.Text(i), out var inner))
                return call[call.Count - 2];
            value = inner;
        }
        return value;
    }
}
