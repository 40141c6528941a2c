using Kist.Client.Templates.Functions;
using Kist.Client.Templates.Values;
using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Parsing;

/// <summary>Parses what stands in an action: pipelines, commands, operands.</summary>
internal sealed class PipelineParser(TokenReader reader, IReadOnlyDictionary<string, TemplateFunction>? functions)
{
    /// <summary>The variables that can be seen; another one in each definition.</summary>
    public VariableScope Scope { get; set; } = new();

    /// <summary>Counts what changes what comes behind it: assignments, the scratchpad.</summary>
    public int Effects { get; set; }

    /// <summary>A pipeline up to and with the token that ends it.</summary>
    public PipelineNode Parse(string where, TemplateTokenKind end = TemplateTokenKind.RightDelimiter)
    {
        var first = reader.PeekNonSpace;
        reader.Descend(first);
        var names = Targets(where, out var assigns);
        var commands = new List<CommandNode>();
        while (true)
        {
            var token = reader.PeekNonSpace;
            if (token.Kind == end)
            {
                reader.NextNonSpace();
                break;
            }
            if (token.Kind == TemplateTokenKind.Pipe && commands.Count > 0)
            {
                reader.NextNonSpace();
                if (reader.PeekNonSpace.Kind is TemplateTokenKind.RightDelimiter or TemplateTokenKind.RightParenthesis or TemplateTokenKind.Pipe)
                    throw reader.Fault($"a command is missing behind \"|\" in {where}", token);
            }
            commands.Add(Command(where, commands.Count));
        }
        if (commands.Count == 0)
            throw reader.Fault($"a value is missing in {where}", first);
        reader.Ascend();
        return new PipelineNode(Slots(names, assigns), commands, reader.At(first));
    }

    private List<TemplateToken> Targets(string where, out bool assigns)
    {
        assigns = false;
        var names = new List<TemplateToken>();
        while (reader.PeekNonSpace.Kind == TemplateTokenKind.Variable)
        {
            var second = reader.PeekSecond.Kind;
            var isFirstOfTwo = second == TemplateTokenKind.Comma && where == "range" && names.Count == 0;
            if (second is not (TemplateTokenKind.Declare or TemplateTokenKind.Assign) && !isFirstOfTwo)
                break;
            names.Add(reader.NextNonSpace());
            reader.NextNonSpace();
            if (isFirstOfTwo && reader.PeekNonSpace.Kind != TemplateTokenKind.Variable)
                throw reader.Unexpected(reader.PeekNonSpace, where);
            if (isFirstOfTwo)
                continue;
            assigns = second == TemplateTokenKind.Assign;
            return names;
        }
        // "range $i, $e" without ":=".
        return names.Count == 0 ? names : throw reader.Fault($"\":=\" or \"=\" is missing in {where}", names[0]);
    }

    // A variable cannot be seen in the pipeline that declares it, so this comes behind its commands.
    private List<int> Slots(List<TemplateToken> names, bool assigns)
    {
        if (!assigns)
            return [.. names.Select(n => Scope.Declare(reader.Text(n).ToString()))];
        Effects++;
        return [.. names.Select(Slot)];
    }

    private int Slot(TemplateToken variable)
    {
        var name = reader.Text(variable);
        return Scope.Find(name) ?? throw reader.Fault(
            $"undefined variable \"{name}\"{HclSuggestion.For(name.ToString(), Scope.Names)}", variable);
    }

    private CommandNode Command(string where, int stage)
    {
        var start = reader.PeekNonSpace;
        var operands = new List<OperandNode>();
        while (true)
        {
            operands.Add(Operand(where));
            var next = reader.Peek;
            if (next.Kind == TemplateTokenKind.Space)
                next = reader.PeekNonSpace;
            else if (next.Kind is not (TemplateTokenKind.RightDelimiter or TemplateTokenKind.RightParenthesis or TemplateTokenKind.Pipe))
                throw reader.Unexpected(next, where);
            if (next.Kind is TemplateTokenKind.RightDelimiter or TemplateTokenKind.RightParenthesis or TemplateTokenKind.Pipe)
                break;
        }
        var command = new CommandNode(operands[0], operands[1..], reader.At(start));
        CommandRules.Check(command, stage);
        return command;
    }

    private OperandNode Operand(string where)
    {
        var start = reader.PeekNonSpace;
        var term = Term(where);
        var fields = new List<FieldName>();
        if (start.Kind == TemplateTokenKind.Field)
            fields.Add(new FieldName(reader.Text(start)[1..].ToString(), reader.At(start)));
        while (reader.Peek.Kind == TemplateTokenKind.Field)
        {
            if (term is ConstantNode || (term is DotNode && fields.Count == 0))
                throw reader.Unexpected(reader.Peek, where);
            var field = reader.Next();
            fields.Add(new FieldName(reader.Text(field)[1..].ToString(), reader.At(field)));
        }
        return fields.Count == 0 ? term : new FieldsNode(term, fields, reader.At(start));
    }

    private OperandNode Term(string where)
    {
        var token = reader.NextNonSpace();
        var position = reader.At(token);
        switch (token.Kind)
        {
            case TemplateTokenKind.Identifier: return Word(token, position);
            case TemplateTokenKind.Field or TemplateTokenKind.Dot: return new DotNode(position);
            case TemplateTokenKind.Variable: return new VariableNode(Slot(token), position);
            case TemplateTokenKind.LeftParenthesis: return Parse("parentheses", TemplateTokenKind.RightParenthesis);
            case TemplateTokenKind.Number:
                var number = GoLiterals.Number(reader.Text(token));
                return new ConstantNode(number ?? throw reader.Fault("malformed number, or one beyond 64 bits", token), position);
            case TemplateTokenKind.QuotedText or TemplateTokenKind.RawText: return new ConstantNode(TemplateValue.Of(StringOf(token)), position);
            case TemplateTokenKind.Character: return new ConstantNode(new IntegerValue(CharacterOf(token), "int32"), position);
            default: throw reader.Unexpected(token, where);
        }
    }

    /// <summary>What a string token says.</summary>
    public string StringOf(TemplateToken token)
    {
        var inside = reader.Text(token)[1..^1];
        if (token.Kind == TemplateTokenKind.RawText)
            return inside.ToString().Replace("\r", "", StringComparison.Ordinal);
        return GoLiterals.Unquote(inside, '"') ?? throw reader.Fault("malformed escape in a string", token);
    }

    private int CharacterOf(TemplateToken token)
    {
        var text = GoLiterals.Unquote(reader.Text(token)[1..^1], '\'');
        if (text is null || GoText.RuneCount(text) != 1)
            throw reader.Fault("malformed character: one must stand between the quotes", token);
        return char.IsSurrogatePair(text, 0) ? char.ConvertToUtf32(text, 0) : text[0];
    }

    private OperandNode Word(TemplateToken token, HclPosition position)
    {
        var word = reader.Text(token);
        switch (word)
        {
            case "true": return new ConstantNode(BooleanValue.True, position);
            case "false": return new ConstantNode(BooleanValue.False, position);
            case "nil": return new ConstantNode(NilValue.Instance, position);
        }
        var name = word.ToString();
        if (functions is null && TemplateFunctions.Refusal(name) is { } refusal)
            throw reader.Fault(refusal, token);
        var function = (functions is null ? TemplateFunctions.Find(name) : functions.GetValueOrDefault(name))
            ?? throw reader.Fault($"unknown function \"{name}\"{HclSuggestion.For(name, functions?.Keys ?? TemplateFunctions.Names)}", token);
        Effects += function.HasEffects ? 1 : 0;
        return new FunctionNode(function, position);
    }
}
