using System.Runtime.InteropServices;

namespace Kist.Wire.Hcl;

/// <summary>A place in a text.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in UTF-16 units; a tab counts as one.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HclPosition(int Line, int Column)
{
    /// <summary>The first character.</summary>
    public static HclPosition Start { get; } = new(1, 1);

    /// <summary><c>line 4, column 7</c>.</summary>
    public override string ToString() => $"line {Line}, column {Column}";
}

/// <summary>A key or a label of an item.</summary>
public sealed record HclKey(string Text, HclPosition Position);

/// <summary>
/// An attribute (<c>key = value</c>) or a block (<c>key "label" { … }</c>, which has an <see cref="HclObject"/> as its value). A key may occur many
/// times
/// in one object; the reader decides what that means.
/// </summary>
/// <param name="Key">The key.</param>
/// <param name="Labels">A block's labels; empty for an attribute.</param>
/// <param name="Value">The value or the body.</param>
public sealed record HclItem(HclKey Key, IReadOnlyList<HclKey> Labels, HclValue Value)
{
    /// <summary>Where the key stands.</summary>
    public HclPosition Position => Key.Position;

    /// <summary>
    /// This item as blocks with exactly <paramref name="labels"/> labels. In JSON, and in HCL's <c>key = { }</c> form, labels are the keys of nested
    /// objects and
    /// repeated blocks are a list of objects, so that one item can stand for several blocks.
    /// </summary>
    /// <exception cref="HclException">The value is not a block, or has too many or too few labels.</exception>
    public IReadOnlyList<HclBlock> Blocks(int labels)
    {
        var blocks = new List<HclBlock>();
        Collect(Value, Labels, labels, blocks);
        return blocks;
    }

    private void Collect(HclValue value, IReadOnlyList<HclKey> found, int wanted, List<HclBlock> blocks)
    {
        if (found.Count > wanted)
            throw new HclException($"\"{Key.Text}\" takes {Count(wanted)}, found {found.Count}", found[wanted].Position);
        switch (value)
        {
            case HclObject body when found.Count == wanted:
                blocks.Add(new HclBlock(found.Count == 0 ? Key.Position : found[^1].Position, found, body));
                break;
            case HclObject body:
                foreach (var item in body.Items)
                    Collect(item.Value, [.. found, item.Key, .. item.Labels], wanted, blocks);
                break;
            case HclList list:
                foreach (var element in list.Elements)
                    Collect(element, found, wanted, blocks);
                break;
            case var other when found.Count <= wanted:
                var labels = wanted == 0 ? "" : $" with {Count(wanted)}";
                throw new HclException($"\"{Key.Text}\" must be a block{labels}, found {other.Noun}", other.Position);
        }
    }

    private static string Count(int labels) => labels switch { 0 => "no label", 1 => "one label", _ => $"{labels} labels" };
}

/// <summary>A block with all its labels, whichever way it was written.</summary>
/// <param name="Position">Where the last label, or else the key, stands.</param>
/// <param name="Labels">As many as were asked for.</param>
/// <param name="Body">The items inside.</param>
public sealed record HclBlock(HclPosition Position, IReadOnlyList<HclKey> Labels, HclObject Body);

/// <summary>A value.</summary>
/// <param name="Position">Where it starts.</param>
public abstract record HclValue(HclPosition Position)
{
    /// <summary>The kind of value for messages, with its article: <c>a string</c>.</summary>
    public abstract string Noun { get; }
}

/// <summary>A quoted string or heredoc, escapes resolved.</summary>
public sealed record HclString(string Text, HclPosition Position) : HclValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => "a string";

    /// <summary>The position only: configuration may hold secrets.</summary>
    public override string ToString() => $"string at {Position}";
}

/// <summary>A number.</summary>
/// <param name="Text">As written: decimal, with fraction or exponent, or hexadecimal (<c>0x1f</c>) or octal (<c>0600</c>).</param>
/// <param name="Value">Its value; large integers lose precision here.</param>
/// <param name="Integer">Its exact value when it is an integer that fits, else null.</param>
/// <param name="Position">Where it starts.</param>
public sealed record HclNumber(string Text, double Value, long? Integer, HclPosition Position) : HclValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => "a number";
}

/// <summary><c>true</c> or <c>false</c>.</summary>
public sealed record HclBool(bool Value, HclPosition Position) : HclValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => "a boolean";
}

/// <summary>A list of values of any kind.</summary>
public sealed record HclList(IReadOnlyList<HclValue> Elements, HclPosition Position) : HclValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => "a list";
}

/// <summary>An object, or the body of a block.</summary>
public sealed record HclObject(IReadOnlyList<HclItem> Items, HclPosition Position) : HclValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => "an object";
}
