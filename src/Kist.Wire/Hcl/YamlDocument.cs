using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Kist.Wire.Hcl;

/// <summary>Reads a YAML mapping into the tree that HCL gives, so that a configuration file may be written in either.</summary>
public static class YamlDocument
{
    /// <summary>Parses YAML 1.2's core forms: mappings, sequences, strings, numbers, booleans. Anchors, tags and several documents are refused.</summary>
    /// <exception cref="HclException">The text is malformed, too long, nested too deeply or uses a refused feature.</exception>
    public static HclDocument Parse(string text)
    {
        if (text.Length > HclDocument.MaxLength)
            throw new HclException($"the text has {text.Length:N0} characters, more than the {HclDocument.MaxLength:N0} allowed", HclPosition.Start);
        var stream = new YamlStream();
        var parser = new Parser(new StringReader(text));
        try
        {
            RefuseSpecialFeatures(parser);
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new HclException("this is not valid YAML", At(e.Start));
        }
        catch (Exception e) when (e is not HclException)
        {
            // On some malformed texts the parser fails by an exception of its inner workings, which knows no place; this is the last one it came to.
            throw new HclException("this is not valid YAML", parser.Current is { } last ? At(last.Start) : HclPosition.Start);
        }
        if (stream.Documents.Count == 0)
            return new HclDocument(new HclObject([], HclPosition.Start));
        return Convert(stream.Documents[0].RootNode) is HclObject root
            ? new HclDocument(root)
            : throw new HclException("the top level must be a mapping", HclPosition.Start);
    }

    // Aliases can make a small text expand without bound, and a second document would be ignored silently.
    private static void RefuseSpecialFeatures(Parser parser)
    {
        var documents = 0;
        var depth = 0;
        while (parser.MoveNext())
        {
            var token = parser.Current!;
            depth += token.NestingIncrease;
            if (depth > HclDocument.MaxDepth)
                throw new HclException($"nested deeper than {HclDocument.MaxDepth} levels", At(token.Start));
            switch (token)
            {
                case YamlDotNet.Core.Events.DocumentStart when ++documents > 1:
                    throw new HclException("a second YAML document is not allowed", At(token.Start));
                case YamlDotNet.Core.Events.AnchorAlias:
                case YamlDotNet.Core.Events.NodeEvent { Anchor.IsEmpty: false }:
                    throw new HclException("YAML anchors and aliases are not allowed", At(token.Start));
                default:
                    break;
            }
        }
    }

    private static HclValue Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new HclObject([.. mapping.Children.Select(pair => Item(pair.Key, pair.Value))], At(node.Start)),
        YamlSequenceNode sequence => new HclList([.. sequence.Children.Select(Convert)], At(node.Start)),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Plain(plain.Value ?? "", At(node.Start)),
        YamlScalarNode scalar => new HclString(scalar.Value ?? "", At(node.Start)),
        _ => throw new HclException("unexpected YAML node", At(node.Start)),
    };

    private static HclItem Item(YamlNode key, YamlNode value) => key is YamlScalarNode { Value: { } name }
        ? new HclItem(new HclKey(name, At(key.Start)), [], Convert(value))
        : throw new HclException("a key must be a string", At(key.Start));

    private static HclValue Plain(string text, HclPosition position) => text switch
    {
        "true" or "True" or "TRUE" => new HclBool(true, position),
        "false" or "False" or "FALSE" => new HclBool(false, position),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) =>
            new HclNumber(text, integer, integer, position),
        _ => new HclString(text, position),
    };

    private static HclPosition At(Mark mark) => new((int)mark.Line, (int)mark.Column);
}
