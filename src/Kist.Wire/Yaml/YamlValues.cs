using Kist.Wire.Hcl;

namespace Kist.Wire.Yaml;

/// <summary>What a scalar is.</summary>
public enum YamlScalarKind
{
    /// <summary>Absent, <c>~</c> or <c>null</c>.</summary>
    Null,

    /// <summary>A boolean; in YAML 1.1 also <c>yes</c>, <c>no</c>, <c>on</c>, <c>off</c>, <c>y</c> and <c>n</c>.</summary>
    Boolean,

    /// <summary>An integer or a fraction, in any of the notations.</summary>
    Number,

    /// <summary>Text.</summary>
    Text,
}

/// <summary>A value of a YAML or JSON text.</summary>
/// <param name="Position">Where it starts.</param>
public abstract record YamlValue(HclPosition Position)
{
    /// <summary>The kind of value for messages, with its article: <c>a string</c>.</summary>
    public abstract string Noun { get; }

    /// <summary>Values in it, itself included, each alias counted as if written out.</summary>
    internal abstract long Size { get; }

    /// <summary>Characters of the texts in it, keys included, counted likewise.</summary>
    internal abstract long Characters { get; }
}

/// <summary>A value without parts.</summary>
/// <param name="Text">As written, escapes resolved.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Position">Where it starts.</param>
public sealed record YamlScalar(string Text, YamlScalarKind Kind, HclPosition Position) : YamlValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => Kind switch
    {
        YamlScalarKind.Null => "null",
        YamlScalarKind.Boolean => "a boolean",
        YamlScalarKind.Number => "a number",
        _ => "a string",
    };

    /// <summary>
    /// The whole number that a <see cref="YamlScalarKind.Number"/> stands for in its notation, in YAML also <c>0x3e8</c>, <c>1_000</c> and
    /// <c>1e3</c>; null for all else and beyond 64 bits.
    /// </summary>
    public long? Integer { get; init; }

    /// <summary>
    /// The tag as resolved (<c>!var:file</c>, <c>tag:yaml.org,2002:int</c>), where <see cref="YamlReader.ReadTagged"/> keeps it; else null.
    /// </summary>
    public string? Tag { get; init; }

    internal override long Size => 1;

    internal override long Characters => Text.Length;

    /// <summary>Kind and position only: configuration may hold secrets.</summary>
    public override string ToString() => $"{Noun} at {Position}";
}

/// <summary>A list.</summary>
public sealed record YamlList(IReadOnlyList<YamlValue> Elements, HclPosition Position) : YamlValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => "a list";

    internal override long Size { get; } = 1 + Elements.Sum(e => e.Size);

    internal override long Characters { get; } = Elements.Sum(e => e.Characters);
}

/// <summary>A mapping. Keys may occur more than once, also by merge keys; the reader decides what that means.</summary>
public sealed record YamlMap(IReadOnlyList<YamlEntry> Entries, HclPosition Position) : YamlValue(Position)
{
    /// <inheritdoc/>
    public override string Noun => "an object";

    internal override long Size { get; } = 1 + Entries.Sum(e => 1 + e.Value.Size);

    internal override long Characters { get; } = Entries.Sum(e => e.Key.Length + e.Value.Characters);
}

/// <summary>A key and its value.</summary>
/// <param name="Key">The key; one that is not text is given as written.</param>
/// <param name="Position">Where the key stands, or the merge key that brought it.</param>
/// <param name="Value">The value.</param>
public sealed record YamlEntry(string Key, HclPosition Position, YamlValue Value)
{
    /// <summary>The position only: a blank forgotten behind a colon makes a secret part of the key.</summary>
    public override string ToString() => $"an entry at {Position}";
}

/// <summary>Why a text could not be read. Never repeats a value of the text.</summary>
/// <param name="Reason">What is wrong, without the position.</param>
/// <param name="Position">Where.</param>
public sealed record YamlFault(string Reason, HclPosition Position);

/// <summary>What reading a text gave: a root or a fault.</summary>
/// <param name="Root">The first document's value; null when there is none, or with a fault.</param>
/// <param name="Fault">What is wrong; else null.</param>
/// <param name="SecondDocument">Where a second document starts, sound or not, which most readers ignore silently; else null.</param>
public sealed record YamlReading(YamlValue? Root, YamlFault? Fault, HclPosition? SecondDocument);
