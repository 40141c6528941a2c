using Kist.Wire.Hcl;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kist.Wire.Yaml;

/// <summary>Builds the tree from the parser's events.</summary>
internal sealed class YamlTreeBuilder
{
    private const string Invalid = "this is not valid YAML";
    private const string TextTag = "tag:yaml.org,2002:str";
    private readonly Parser parser;
    private readonly Dictionary<string, YamlValue> anchors = new(StringComparer.Ordinal);

    // Where the last value that was read started.
    private HclPosition reached = HclPosition.Start;

    private YamlTreeBuilder(string text) => parser = new Parser(new StringReader(text));

    public static YamlReading Read(string text)
    {
        var builder = new YamlTreeBuilder(text);
        try
        {
            return builder.Read();
        }
        catch (YamlException e)
        {
            throw new HclException(Invalid, At(e.Start));
        }
        catch (InvalidOperationException)
        {
            // The parser's scanner loses its way in some malformed texts (a key left open at the end of a line).
            throw new HclException(Invalid, builder.reached);
        }
    }

    private static HclPosition At(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private YamlReading Read()
    {
        _ = Take<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return new YamlReading(null, null, null);
        _ = Take<DocumentStart>();
        var root = Value(0);
        _ = Take<DocumentEnd>();
        return new YamlReading(root, null, parser.Accept<DocumentStart>(out var second) ? At(second.Start) : null);
    }

    private T Take<T>()
        where T : ParsingEvent =>
        parser.Consume<T>();

    private YamlValue Value(int depth)
    {
        if (!parser.Accept<ParsingEvent>(out var next))
            throw new HclException("the text ends too early", HclPosition.Start);
        var position = reached = At(next.Start);
        if (depth > YamlReader.MaxDepth)
            throw new HclException($"nested deeper than {YamlReader.MaxDepth} levels", position);
        var value = next switch
        {
            AnchorAlias alias => Alias(alias, position),
            YamlDotNet.Core.Events.Scalar scalar => Scalar(scalar, position),
            SequenceStart => List(position, depth),
            MappingStart => Map(position, depth),
            _ => throw new HclException("expected a value", position),
        };
        if (value.Size > YamlReader.MaxSize)
            throw new HclException("the text has too many values, or aliases that expand to too many", position);
        if (next is NodeEvent { Anchor.IsEmpty: false } node)
            anchors[node.Anchor.Value] = value;
        return value;
    }

    private YamlValue Alias(AnchorAlias alias, HclPosition position)
    {
        _ = Take<AnchorAlias>();
        return anchors.TryGetValue(alias.Value.Value, out var value) ? value : throw new HclException("an alias names no anchor above it", position);
    }

    private YamlScalar Scalar(YamlDotNet.Core.Events.Scalar scalar, HclPosition position)
    {
        _ = Take<YamlDotNet.Core.Events.Scalar>();
        var isQuoted = scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any);
        var isText = isQuoted || (!scalar.Tag.IsEmpty && (scalar.Tag.IsNonSpecific || scalar.Tag.Value is TextTag));
        return new YamlScalar(scalar.Value, isText ? YamlScalarKind.Text : YamlScalars.Resolve(scalar.Value), position);
    }

    private YamlList List(HclPosition position, int depth)
    {
        _ = Take<SequenceStart>();
        var elements = new List<YamlValue>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            elements.Add(Value(depth + 1));
        return new YamlList(elements, position);
    }

    private YamlMap Map(HclPosition position, int depth)
    {
        _ = Take<MappingStart>();
        var entries = new List<YamlEntry>();
        var merged = new List<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (Value(depth + 1) is not YamlScalar key)
                throw new HclException("a key must be a string", position);
            var value = Value(depth + 1);
            if (key is { Text: "<<", Kind: YamlScalarKind.Text })
                merged.AddRange(Merged(value));
            else
                entries.Add(new YamlEntry(key.Text, key.Position, value));
        }
        // A merge key gives only what the mapping does not say itself.
        var own = entries.Select(e => e.Key).ToHashSet(StringComparer.Ordinal);
        entries.AddRange(merged.Where(e => own.Add(e.Key)));
        return new YamlMap(entries, position);
    }

    private static IEnumerable<YamlEntry> Merged(YamlValue value) => value switch
    {
        YamlMap map => map.Entries,
        YamlList list => list.Elements.SelectMany(e => e is YamlMap map ? map.Entries : throw NoMerge(e)),
        _ => throw NoMerge(value),
    };

    private static HclException NoMerge(YamlValue value) => new("a merge key takes mappings", value.Position);
}
