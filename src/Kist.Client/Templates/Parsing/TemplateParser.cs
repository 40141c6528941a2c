using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Parsing;

/// <summary>Parses a template's text into its definitions.</summary>
internal sealed class TemplateParser
{
    private readonly TokenReader reader;
    private readonly PipelineParser pipelines;
    private readonly DefinitionTable definitions = new();
    private int loops;

    public TemplateParser(string text, TemplateOptions options)
    {
        var source = new TemplateSource(text);
        reader = new TokenReader(source, TemplateLexer.Read(source, options.LeftDelimiter, options.RightDelimiter));
        pipelines = new PipelineParser(reader, options.Functions);
    }

    private enum Stop
    {
        End,
        Else,
        EndOfText,
    }

    /// <summary>The definitions by name; the one outside of all others has the empty name.</summary>
    public IReadOnlyDictionary<string, TemplateDefinition> Parse()
    {
        var body = new List<TemplateNode>();
        // An "end" or "else" that closes nothing is refused on the way.
        ParseList(body, opener: null);
        return definitions.Complete(new TemplateDefinition(body, pipelines.Scope.Slots, HclPosition.Start));
    }

    private Stop ParseList(List<TemplateNode> nodes, TemplateToken? opener)
    {
        while (true)
        {
            var token = reader.Next();
            switch (token.Kind)
            {
                case TemplateTokenKind.End when opener is null:
                    return Stop.EndOfText;
                case TemplateTokenKind.End:
                    throw reader.Fault($"the \"{reader.Text(opener.Value)}\" that starts here has no \"end\"", opener.Value);
                case TemplateTokenKind.Text:
                    nodes.Add(new TextNode(reader.Text(token).ToString(), reader.At(token)));
                    break;
                default:
                    if (ParseAction(nodes, token, isTop: opener is null) is { } stop)
                        return stop;
                    break;
            }
        }
    }

    private Stop? ParseAction(List<TemplateNode> nodes, TemplateToken open, bool isTop)
    {
        var word = reader.PeekNonSpace;
        var position = reader.At(open);
        var keyword = word.Kind == TemplateTokenKind.Identifier ? reader.Text(word) : "";
        if (keyword is "if" or "with" or "range" or "define" or "template" or "block" or "break" or "continue" or "end" or "else")
            reader.NextNonSpace();
        switch (keyword)
        {
            case "if": nodes.Add(Conditional(isWith: false, word, position)); break;
            case "with": nodes.Add(Conditional(isWith: true, word, position)); break;
            case "range": nodes.Add(Range(word, position)); break;
            case "define": Define(word, isTop); break;
            case "template": nodes.Add(Call(position)); break;
            case "block": nodes.Add(Block(word, position)); break;
            case "break": nodes.Add(Leave(word, new BreakNode(position))); break;
            case "continue": nodes.Add(Leave(word, new ContinueNode(position))); break;
            case "end":
                reader.Expect(TemplateTokenKind.RightDelimiter, "end");
                return isTop ? throw reader.Fault("\"end\" closes nothing", word) : Stop.End;
            case "else": return isTop ? throw reader.Fault("\"else\" belongs to nothing", word) : Stop.Else;
            default: nodes.Add(new ActionNode(pipelines.Parse("an action"))); break;
        }
        return null;
    }

    private ConditionalNode Conditional(bool isWith, TemplateToken word, HclPosition position)
    {
        reader.Descend(word);
        var name = isWith ? "with" : "if";
        var outer = pipelines.Scope.Enter();
        var arms = new List<ConditionalArm>();
        List<TemplateNode>? otherwise = null;
        var effects = pipelines.Effects;
        while (true)
        {
            var pipeline = pipelines.Parse(name);
            effects = arms.Count == 0 ? pipelines.Effects : effects;
            var stop = Body(word, out var body);
            arms.Add(new ConditionalArm(pipeline, body));
            if (stop == Stop.End)
                break;
            if (reader.IsAtWord(name))
            {
                reader.NextNonSpace();
                continue;
            }
            otherwise = Else(word);
            break;
        }
        pipelines.Scope.Leave(outer);
        reader.Ascend();
        return new ConditionalNode(isWith, arms, otherwise, pipelines.Effects > effects, position);
    }

    private RangeNode Range(TemplateToken word, HclPosition position)
    {
        reader.Descend(word);
        var outer = pipelines.Scope.Enter();
        var pipeline = pipelines.Parse("range");
        var effects = pipelines.Effects;
        loops++;
        var stop = Body(word, out var body);
        loops--;
        var otherwise = stop == Stop.Else ? Else(word) : null;
        pipelines.Scope.Leave(outer);
        reader.Ascend();
        return new RangeNode(pipeline, body, otherwise, pipelines.Effects > effects, position);
    }

    private Stop Body(TemplateToken opener, out List<TemplateNode> body)
    {
        var mark = pipelines.Scope.Enter();
        body = [];
        var stop = ParseList(body, opener);
        pipelines.Scope.Leave(mark);
        return stop;
    }

    private List<TemplateNode> Else(TemplateToken opener)
    {
        reader.Expect(TemplateTokenKind.RightDelimiter, "else");
        var start = reader.Peek;
        return Body(opener, out var body) == Stop.End ? body : throw reader.Fault("a second \"else\", or one with a condition behind it", start);
    }

    private TemplateNode Leave(TemplateToken word, TemplateNode node)
    {
        reader.Expect(TemplateTokenKind.RightDelimiter, reader.Text(word).ToString());
        pipelines.Effects++;
        return loops > 0 ? node : throw reader.Fault($"\"{reader.Text(word)}\" stands outside of a range", word);
    }

    private void Define(TemplateToken word, bool isTop)
    {
        if (!isTop)
            throw reader.Fault("\"define\" must not stand inside of another action", word);
        var name = Name("define");
        reader.Expect(TemplateTokenKind.RightDelimiter, "define");
        Definition(name, word);
    }

    private TemplateCallNode Call(HclPosition position)
    {
        var call = new TemplateCallNode(Name("template"), CallPipeline("template"), position);
        pipelines.Effects++;
        definitions.AddCall(call);
        return call;
    }

    private TemplateCallNode Block(TemplateToken word, HclPosition position)
    {
        reader.Descend(word);
        var call = new TemplateCallNode(Name("block"), pipelines.Parse("block"), position);
        Definition(call.Name, word);
        pipelines.Effects++;
        reader.Ascend();
        return call;
    }

    private string Name(string where)
    {
        var token = reader.NextNonSpace();
        return token is { Kind: TemplateTokenKind.QuotedText or TemplateTokenKind.RawText, Length: > 2 }
            ? pipelines.StringOf(token)
            : throw reader.Fault($"a name in quotes must follow \"{where}\"", token);
    }

    private PipelineNode? CallPipeline(string where)
    {
        if (reader.PeekNonSpace.Kind != TemplateTokenKind.RightDelimiter)
            return pipelines.Parse(where);
        reader.NextNonSpace();
        return null;
    }

    private void Definition(string name, TemplateToken word)
    {
        var (outerScope, outerLoops) = (pipelines.Scope, loops);
        (pipelines.Scope, loops) = (new VariableScope(), 0);
        if (Body(word, out var body) == Stop.Else)
            throw reader.Fault($"\"else\" belongs to no \"if\" in template \"{name}\"", word);
        definitions.Add(name, new TemplateDefinition(body, pipelines.Scope.Slots, reader.At(word)));
        (pipelines.Scope, loops) = (outerScope, outerLoops);
    }
}
