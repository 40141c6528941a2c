using Kist.Wire;
using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parsing;

/// <summary>Reads the fields of one block, and records as faults those that are unknown, repeated or of the wrong type.</summary>
internal sealed class FieldReader
{
    private readonly PolicyFaults faults;
    private readonly Dictionary<string, HclItem> fields = new(StringComparer.Ordinal);

    /// <param name="body">The block's body.</param>
    /// <param name="known">Every field that it may have.</param>
    /// <param name="where">Ends a sentence about an unknown field: <c>in a path block</c>.</param>
    /// <param name="faults">Takes the faults.</param>
    public FieldReader(HclObject body, IReadOnlyCollection<string> known, string where, PolicyFaults faults)
    {
        this.faults = faults;
        foreach (var item in body.Items)
        {
            var name = item.Key.Text;
            if (!known.Contains(name, StringComparer.Ordinal))
                faults.Add(item.Position, $"unknown field \"{name}\" {where}{HclSuggestion.For(name, known)}");
            else if (!fields.TryAdd(name, item))
                faults.Add(item.Position, $"\"{name}\" is given twice");
        }
    }

    public HclItem? Find(string name) => fields.GetValueOrDefault(name);

    /// <summary>A string, or null.</summary>
    public HclString? String(string name)
    {
        if (Find(name) is not { } item)
            return null;
        if (item.Value is HclString text)
            return text;
        faults.Add(item.Value.Position, $"\"{name}\" must be a string, found {item.Value.Noun}");
        return null;
    }

    /// <summary>A whole number, or null.</summary>
    public long? Integer(string name)
    {
        if (Find(name) is not { } item)
            return null;
        if (item.Value is HclNumber { Integer: { } integer })
            return integer;
        faults.Add(item.Value.Position, $"\"{name}\" must be a whole number, found {item.Value.Noun}");
        return null;
    }

    /// <summary>A list of strings, or one string alone; empty when the field is absent.</summary>
    public IReadOnlyList<HclString> Strings(string name) => Find(name)?.Value switch
    {
        null => [],
        HclString one => [one],
        HclList list => [.. list.Elements.Select(e => Text(name, e)).OfType<HclString>()],
        var other => Wrong(name, other),
    };

    /// <summary>A duration that is not negative; zero when the field is absent.</summary>
    public TimeSpan Duration(string name)
    {
        if (Find(name) is not { } item)
            return TimeSpan.Zero;
        var text = item.Value switch
        {
            HclString s => s.Text,
            HclNumber n => n.Text,
            _ => "",
        };
        if (GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero)
            return duration;
        faults.Add(item.Value.Position, $"\"{name}\" must be a duration such as \"90s\" or \"1h30m\", or a number of seconds");
        return TimeSpan.Zero;
    }

    /// <summary>The bodies of a block without labels, or of an object; more than one when it is repeated inside a list.</summary>
    public IReadOnlyList<HclBlock> Blocks(string name)
    {
        try
        {
            return Find(name)?.Blocks(0) ?? [];
        }
        catch (HclException e)
        {
            faults.Add(e.Position, e.Reason);
            return [];
        }
    }

    private HclString? Text(string name, HclValue value)
    {
        if (value is HclString text)
            return text;
        faults.Add(value.Position, $"\"{name}\" must be a list of strings, found {value.Noun} in it");
        return null;
    }

    private IReadOnlyList<HclString> Wrong(string name, HclValue value)
    {
        faults.Add(value.Position, $"\"{name}\" must be a list of strings, found {value.Noun}");
        return [];
    }
}
