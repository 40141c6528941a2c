namespace Kist.Client.Templates.Values;

/// <summary>A list.</summary>
internal sealed class ListValue(IReadOnlyList<TemplateValue> elements, string goType = "[]interface {}") : TemplateValue
{
    public IReadOnlyList<TemplateValue> Elements => elements;

    internal override string Noun => "a list";

    internal override string GoType => goType;

    internal override bool IsTrue => elements.Count > 0;

    public static ListValue OfTexts(IEnumerable<string> texts) => new([.. texts.Select(t => new TextValue(t))], "[]string");
}

/// <summary>A map with strings as keys, in the order in which Go prints them.</summary>
internal sealed class MapValue(SortedDictionary<string, TemplateValue> entries, TemplateValue? zero = null) : TemplateValue
{
    public MapValue()
        : this(new SortedDictionary<string, TemplateValue>(GoOrder.Instance))
    {
    }

    public SortedDictionary<string, TemplateValue> Entries => entries;

    /// <summary>Whether others have it, too, so that a template must not change it: what was fetched.</summary>
    public bool IsShared { get; init; }

    /// <summary>What a key that is not there gives.</summary>
    public TemplateValue Zero => zero ?? NilValue.Instance;

    internal override string Noun => "a map";

    internal override string GoType => zero is TextValue ? "map[string]string" : "map[string]interface {}";

    internal override bool IsTrue => entries.Count > 0;

    public static MapValue Of(IEnumerable<KeyValuePair<string, TemplateValue>> entries, TemplateValue? zero = null, bool isShared = false)
    {
        var sorted = new SortedDictionary<string, TemplateValue>(GoOrder.Instance);
        foreach (var (key, value) in entries)
            sorted[key] = value;
        return new MapValue(sorted, zero) { IsShared = isShared };
    }
}

/// <summary>What <c>loop</c> gives: whole numbers that are counted, not held.</summary>
internal sealed class SequenceValue(long start, long end) : TemplateValue
{
    /// <summary>The first.</summary>
    public long Start => start;

    /// <summary>Behind the last.</summary>
    public long End => end;

    internal override string Noun => "a loop";

    internal override string GoType => "<-chan int64";

    internal override bool IsTrue => true;
}

/// <summary>A value with fields that are always there; to ask for another one is an error.</summary>
internal sealed class RecordValue(string noun, string goType, IReadOnlyList<KeyValuePair<string, TemplateValue>> fields) : TemplateValue
{
    public IReadOnlyList<KeyValuePair<string, TemplateValue>> Fields => fields;

    internal override string Noun => noun;

    internal override string GoType => goType;

    internal override bool IsTrue => true;

    public TemplateValue? Field(string name)
    {
        foreach (var (key, value) in fields)
        {
            if (key == name)
                return value;
        }
        return null;
    }
}
