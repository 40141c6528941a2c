using Kist.Wire.Hcl;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Kist.Wire.Yaml;

/// <summary>Builds the tree from the parser's events.</summary>
internal sealed class YamlTreeBuilder
{
    private const string Invalid = "this is not valid YAML";
    private readonly YamlText text;
    private readonly Parser parser;
    private readonly YamlBudget budget = new();
    private readonly Dictionary<string, Anchored> anchors = new(StringComparer.Ordinal);

    // Where the last value that was read started.
    private HclPosition reached = HclPosition.Start;

    // Where the last value that was read ended.
    private Mark ended;
    private int brackets;

    private readonly bool keepTags;

    private YamlTreeBuilder(YamlText text, Scanner scanner, bool keepTags)
    {
        this.text = text;
        this.keepTags = keepTags;
        parser = new Parser(scanner);
    }

    public static YamlReading Read(string written, bool keepTags = false)
    {
        if (YamlText.FindForbidden(written) is { } forbidden)
            throw new HclException("control characters are not allowed", forbidden);
        // A mark of the byte order is no character of the text.
        var source = new YamlText(written.StartsWith('\uFEFF') ? written[1..] : written);
        while (true)
        {
            var scanner = new Scanner(new StringReader(source.ForParser));
            var builder = new YamlTreeBuilder(source, scanner, keepTags);
            try
            {
                return builder.Read();
            }
            catch (Exception e) when (YamlText.IsAboutIndentation(e))
            {
                if (!source.TryIndent(scanner.CurrentPosition))
                    throw new HclException(Invalid, builder.reached);
            }
            catch (YamlException e)
            {
                throw new HclException(Invalid, source.At(e.Start));
            }
            catch (Exception e) when (e is not HclException)
            {
                // On some malformed texts the parser fails by an exception of its inner workings, which knows no place.
                throw new HclException(Invalid, builder.reached);
            }
        }
    }

    private YamlReading Read()
    {
        _ = Take<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return new YamlReading(null, null, null);
        var start = Take<DocumentStart>();
        if (start.Version is { Version: not { Major: 1, Minor: 1 } })
            throw new HclException("the %YAML directive names another version than 1.1, which Kubernetes' components refuse", text.At(start.Start));
        var root = Value(0);
        return parser.Accept<DocumentEnd>(out _)
            ? new YamlReading(root, null, SecondDocument())
            : throw new HclException(Invalid, reached);
    }

    // Nobody reads on behind the first document, so what is malformed there is no fault.
    private HclPosition? SecondDocument()
    {
        try
        {
            parser.MoveNext();
            return parser.Accept<DocumentStart>(out var second) ? text.At(second.Start) : null;
        }
        catch (YamlException e)
        {
            return text.At(e.Start);
        }
        catch (Exception e) when (e is not HclException)
        {
            return reached;
        }
    }

    private T Take<T>()
        where T : ParsingEvent =>
        parser.Consume<T>();

    private YamlValue Value(int depth)
    {
        if (!parser.Accept<ParsingEvent>(out var next))
            throw new HclException("the text ends too early", HclPosition.Start);
        var position = reached = text.At(next.Start);
        if (depth > YamlReader.MaxDepth)
            throw new HclException($"nested deeper than {YamlReader.MaxDepth} levels", position);
        budget.TakeValue(position);
        // Known before the value is: an alias within it would repeat it without end, and one of the same name takes its place.
        var anchored = new Anchored();
        if (next is NodeEvent { Anchor.IsEmpty: false } node)
            anchors[node.Anchor.Value] = anchored;
        return anchored.Value = next switch
        {
            AnchorAlias alias => Alias(alias, position),
            YamlDotNet.Core.Events.Scalar scalar => Scalar(scalar, position),
            SequenceStart => List(position, depth),
            MappingStart => Map(position, depth),
            _ => throw new HclException("expected a value", position),
        };
    }

    private YamlValue Alias(AnchorAlias alias, HclPosition position)
    {
        ended = Take<AnchorAlias>().End;
        if (!anchors.TryGetValue(alias.Value.Value, out var anchored) || anchored.Value is not { } value)
            throw new HclException("an alias names no anchor above it, or one that it is a part of", position);
        budget.TakeCopy(value, position);
        return value;
    }

    private YamlScalar Scalar(YamlDotNet.Core.Events.Scalar scalar, HclPosition position)
    {
        ended = Take<YamlDotNet.Core.Events.Scalar>().End;
        if (scalar.Style == ScalarStyle.Plain && IsForeign(scalar.Value))
            throw new HclException("the value has a character that it may have in quotes only", position);
        var tag = scalar.Tag.IsEmpty ? null : scalar.Tag.Value;
        if (keepTags && tag is not null)
            return new YamlScalar(scalar.Value, YamlScalarKind.Text, position) { Tag = tag };
        var (kind, integer) = YamlScalars.Resolve(tag, scalar.Style == ScalarStyle.Plain, scalar.Value)
            ?? throw new HclException("the value is not of the type that its tag names, or its tag is none that a configuration needs", position);
        return new YamlScalar(scalar.Value, kind, position) { Integer = integer };
    }

    // What this parser takes for text, and Kubernetes' reader does not.
    private bool IsForeign(string plain) =>
        plain is ['|' or '>' or '%' or '@' or '`', ..] || (brackets > 0 && (plain.StartsWith(':') || plain.Contains('?', StringComparison.Ordinal)));

    private YamlList List(HclPosition position, int depth)
    {
        var isFlow = Take<SequenceStart>().Style == SequenceStyle.Flow;
        brackets += isFlow ? 1 : 0;
        var elements = new List<YamlValue>();
        SequenceEnd? end;
        while (!parser.TryConsume<SequenceEnd>(out end))
        {
            if (isFlow && elements.Count > 0)
                RequireComma();
            elements.Add(Value(depth + 1));
        }
        brackets -= isFlow ? 1 : 0;
        ended = end.End;
        return new YamlList(elements, position);
    }

    private YamlMap Map(HclPosition position, int depth)
    {
        var isFlow = Take<MappingStart>().Style == MappingStyle.Flow;
        brackets += isFlow ? 1 : 0;
        var entries = new List<YamlEntry>();
        MappingEnd? end;
        while (!parser.TryConsume<MappingEnd>(out end))
        {
            if (isFlow && entries.Count > 0)
                RequireComma();
            var isMerge = parser.Accept<YamlDotNet.Core.Events.Scalar>(out var next) && IsMerge(next);
            if (Value(depth + 1) is not YamlScalar { Kind: not YamlScalarKind.Null } key)
                throw new HclException("a key must be a string", position);
            if (isMerge)
                Merge(key.Position, depth + 1, entries);
            else
                entries.Add(new YamlEntry(key.Text, key.Position, FieldValue(depth + 1)));
        }
        brackets -= isFlow ? 1 : 0;
        // A pair without braces ends where the next value starts.
        if (text.IsBehind(end.End, '}'))
            ended = end.End;
        return new YamlMap(entries, position);
    }

    // This parser does without the comma behind brackets and aliases. Of a pair without braces, it does not tell the start.
    private void RequireComma()
    {
        if (parser.Accept<ParsingEvent>(out var next) && next.Start.Index > 0 && !text.HasComma(ended, next.Start))
            throw new HclException("a comma is missing", text.At(next.Start));
    }

    // In brackets, Kubernetes' reader takes a colon for a part of the key when a comma follows, and so another field for this one.
    private YamlValue FieldValue(int depth)
    {
        if (parser.Accept<YamlDotNet.Core.Events.Scalar>(out var next)
            && next is { Value: "", Style: ScalarStyle.Plain }
            && text.HasAt(next.Start, ":,"))
        {
            throw new HclException("a blank is missing between a colon and a comma", text.At(next.Start));
        }
        return Value(depth);
    }

    // In quotes, or by an alias, it is a field like any other.
    private static bool IsMerge(YamlDotNet.Core.Events.Scalar key) =>
        key is { Value: "<<" }
        && (key.Tag.IsEmpty ? key.Style == ScalarStyle.Plain : key.Tag.IsNonSpecific || key.Tag.Value is "tag:yaml.org,2002:merge");

    // Strict readers refuse a key that is merged and written, or merged twice, so it is kept as often as it comes.
    private void Merge(HclPosition at, int depth, List<YamlEntry> entries)
    {
        var isAlias = parser.Accept<AnchorAlias>(out _);
        var value = Value(depth);
        foreach (var merged in value is YamlList list && !isAlias ? list.Elements : [value])
        {
            if (merged is not YamlMap map)
                throw new HclException("a merge key takes mappings", at);
            budget.TakeCopy(map, at);
            entries.AddRange(map.Entries.Select(entry => entry with { Position = at }));
        }
    }

    // A value that has a name; none while it is being read.
    private sealed class Anchored
    {
        public YamlValue? Value { get; set; }
    }
}
