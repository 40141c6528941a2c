using System.Globalization;
using Kist.Wire;
using Kist.Wire.Hcl;

namespace Kist.Hosting;

/// <summary>
/// Reads the attributes of one block by name and type, gathering all faults. What was never asked for is an unknown key: a misspelt setting must not be
/// ignored.
/// </summary>
internal sealed class ConfigBlock(string what, HclObject body, List<string> faults, List<string> ignored)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    public string Text(string name, string fallback) => Value(name) switch
    {
        null => fallback,
        HclString text => text.Text,
        HclNumber number => number.Text,
        var other => Fault(other, name, "a string", fallback),
    };

    public bool Flag(string name, bool fallback) => Value(name) switch
    {
        null => fallback,
        HclBool flag => flag.Value,
        HclString { Text: "true" or "1" } or HclNumber { Integer: 1 } => true,
        HclString { Text: "false" or "0" } or HclNumber { Integer: 0 } => false,
        var other => Fault(other, name, "true or false", fallback),
    };

    public long Whole(string name, long fallback, long least) => Value(name) switch
    {
        null => fallback,
        HclNumber { Integer: { } number } when number >= least => number,
        HclString text when long.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) && parsed >= least => parsed,
        var other => Fault(other, name, $"a whole number of at least {least}", fallback),
    };

    public TimeSpan Duration(string name, TimeSpan fallback) => Value(name) switch
    {
        null => fallback,
        HclNumber { Integer: >= 0 and < 1L << 40 and var seconds } => TimeSpan.FromSeconds(seconds),
        HclString text when GoDuration.TryParse(text.Text, out var duration) && duration >= TimeSpan.Zero => duration,
        var other => Fault(other, name, "a duration such as \"768h\"", fallback),
    };

    public UnixFileMode Mode(string name, UnixFileMode fallback)
    {
        var text = Text(name, "");
        if (text.Length == 0)
            return fallback;
        var mode = 0;
        foreach (var c in text)
            mode = c is >= '0' and <= '7' && mode <= 0x1FF ? (mode << 3) + (c - '0') : int.MaxValue;
        return mode is >= 0 and <= 0x1FF ? (UnixFileMode)mode : Fault(Value(name)!, name, "an octal mode such as \"0600\"", fallback);
    }

    public string OneOf(string name, string fallback, params string[] words)
    {
        var text = Text(name, fallback);
        return words.Contains(text) ? text : Fault(Value(name)!, name, $"one of {string.Join(", ", words)}", fallback);
    }

    /// <summary>Whether a setting is there.</summary>
    public bool Has(string name) => Value(name) is not null;

    /// <summary>Whether a setting is there and a string.</summary>
    public bool IsText(string name) => Value(name) is HclString;

    /// <summary>A list of strings, or one string alone.</summary>
    public IReadOnlyList<string> Words(string name) => Value(name) switch
    {
        null => [],
        HclString text => [text.Text],
        HclList list when list.Elements.All(static e => e is HclString or HclNumber) =>
            [.. list.Elements.Select(static e => e is HclString text ? text.Text : ((HclNumber)e).Text)],
        var other => Fault<IReadOnlyList<string>>(other, name, "a list of strings", []),
    };

    /// <summary>Tells a fault of a setting that a type alone does not show.</summary>
    public void Refuse(string name, string reason) =>
        faults.Add($"{what}: {Value(name)?.Position ?? body.Position}: \"{name}\" {reason}");

    /// <summary>Reads a block that may stand once; null when it does not.</summary>
    public HclBlock? Block(string name, int labels = 0)
    {
        var blocks = Blocks(name, labels).ToList();
        if (blocks.Count > 1)
            faults.Add($"{what}: {blocks[1].Position}: \"{name}\" may be given once");
        return blocks.Count > 0 ? blocks[0] : null;
    }

    /// <summary>Blocks of a name whose kind is their label, or stands inside as <c>type</c>.</summary>
    public IEnumerable<(string Type, HclBlock Block)> TypedBlocks(string name)
    {
        known.Add(name);
        foreach (var item in body.Items.Where(i => i.Key.Text == name))
        {
            foreach (var one in item.Value is HclList list ? list.Elements.Select(e => item with { Value = e }) : [item])
            {
                var inside = one.Labels.Count == 0 && one.Value is HclObject { Items: var items } ? items.FirstOrDefault(i => i.Key.Text == "type") : null;
                IReadOnlyList<HclBlock> blocks;
                try
                {
                    blocks = one.Blocks(inside is null ? 1 : 0);
                }
                catch (HclException e)
                {
                    faults.Add($"{what}: {e.Message}");
                    continue;
                }
                foreach (var block in blocks)
                    yield return ((inside?.Value as HclString)?.Text ?? (block.Labels is [var label, ..] ? label.Text : ""), block);
            }
        }
    }

    /// <summary>Blocks of a name with so many labels.</summary>
    public IEnumerable<HclBlock> Blocks(string name, int labels)
    {
        known.Add(name);
        foreach (var item in body.Items.Where(i => i.Key.Text == name))
        {
            IReadOnlyList<HclBlock> blocks;
            try
            {
                blocks = item.Blocks(labels);
            }
            catch (HclException e)
            {
                faults.Add($"{what}: {e.Message}");
                continue;
            }
            foreach (var block in blocks)
                yield return block;
        }
    }

    /// <summary>Settings of Vault that have no effect here; they are told, not refused.</summary>
    public void Ignore(params string[] names)
    {
        foreach (var name in names)
        {
            known.Add(name);
            if (body.Items.FirstOrDefault(i => i.Key.Text == name) is { } item)
                ignored.Add($"{what}: {item.Position}: \"{name}\" has no effect");
        }
    }

    /// <summary>Reports what no call has asked for, and what was given twice.</summary>
    public void RefuseOthers()
    {
        foreach (var item in body.Items.Where(i => !known.Contains(i.Key.Text)))
            faults.Add($"{what}: {item.Position}: unknown setting \"{item.Key.Text}\"{HclSuggestion.For(item.Key.Text, known)}");
        foreach (var twice in body.Items.Where(i => i.Value is not (HclObject or HclList)).GroupBy(i => i.Key.Text).Where(g => g.Count() > 1))
            faults.Add($"{what}: {twice.Last().Position}: \"{twice.Key}\" is set twice");
    }

    private HclValue? Value(string name)
    {
        known.Add(name);
        return body.Items.FirstOrDefault(i => i.Key.Text == name)?.Value;
    }

    private T Fault<T>(HclValue at, string name, string expected, T fallback)
    {
        faults.Add($"{what}: {at.Position}: \"{name}\" must be {expected}");
        return fallback;
    }
}
