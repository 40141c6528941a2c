using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Evaluation;

/// <summary>What <c>scratch</c> keeps for one rendering. A map that a pending value was put into is pending as a whole.</summary>
internal sealed class Scratchpad
{
    private readonly Dictionary<string, TemplateValue> values = [];

    public bool Has(string key) => values.ContainsKey(key);

    public TemplateValue Get(string key) => values.GetValueOrDefault(key, NilValue.Instance);

    public void Set(string key, TemplateValue value, bool overwrites)
    {
        if (overwrites || !values.ContainsKey(key))
            values[key] = value;
    }

    /// <summary>Sets a key of the map that a key holds.</summary>
    public void SetInMap(string key, string mapKey, TemplateValue value, bool overwrites)
    {
        var held = values.GetValueOrDefault(key) ?? new MapValue();
        if (held is PendingValue || value is PendingValue)
        {
            values[key] = PendingValue.Instance;
            return;
        }
        if (held is not MapValue map)
            throw new TemplateFaultException("what stands under this key is not a map");
        map = map.IsShared ? MapValue.Of(map.Entries) : map;
        if (overwrites || !map.Entries.ContainsKey(mapKey))
            map.Entries[mapKey] = value;
        values[key] = map;
    }

    /// <summary>The values of the map that a key holds, ordered by its keys; nil when there is no map.</summary>
    public TemplateValue MapValues(string key) => values.GetValueOrDefault(key) switch
    {
        PendingValue pending => pending,
        MapValue map => new ListValue([.. map.Entries.Values]),
        _ => NilValue.Instance,
    };
}

/// <summary>What <c>scratch</c> gives: the scratchpad, whose methods are called like fields.</summary>
internal sealed class ScratchValue(Scratchpad pad) : TemplateValue
{
    public Scratchpad Pad => pad;

    internal override string Noun => "the scratchpad";

    internal override string GoType => "*template.Scratch";

    internal override bool IsTrue => true;
}
