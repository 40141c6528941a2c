using Kist.Client.Templates.Evaluation;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>Merges maps, and the maps in them. Gives a new map; those that were merged stay as they are.</summary>
internal static class MapMerging
{
    /// <param name="target">What is filled.</param>
    /// <param name="source">What it is filled from.</param>
    /// <param name="overwrites">Whether what is there, and is not empty, gives way to what is not empty.</param>
    /// <param name="run">Counts what is merged.</param>
    public static MapValue Merge(MapValue target, MapValue source, bool overwrites, TemplateRun run) => Merge(target, source, overwrites, run, 0);

    private static MapValue Merge(MapValue target, MapValue source, bool overwrites, TemplateRun run, int depth)
    {
        TemplateLimits.CheckValueDepth(depth);
        var merged = MapValue.Of(target.Entries, target.Zero is NilValue ? null : target.Zero);
        foreach (var (key, value) in source.Entries)
        {
            run.Step();
            if (!merged.Entries.TryGetValue(key, out var present))
                merged.Entries[key] = value;
            else if (present is MapValue inner && value is MapValue other)
                merged.Entries[key] = Merge(inner, other, overwrites, run, depth + 1);
            else if (!present.IsTrue || (overwrites && value.IsTrue))
                merged.Entries[key] = value;
        }
        return merged;
    }
}
