namespace Kist.Wire.Hcl;

/// <summary>Recursive descent over HCL's tokens, bounded by <see cref="HclDocument.MaxDepth"/>.</summary>
internal sealed class HclParser
{
    private readonly HclLexer lexer;
    private HclToken token;

    public HclParser(string text)
    {
        lexer = new HclLexer(text, json: false);
        token = lexer.Next();
    }

    public HclObject ParseText()
    {
        var items = new List<HclItem>();
        while (token.Kind != HclTokenKind.End)
            items.Add(ParseItem(1, "a key or the end of the text"));
        return new HclObject(items, HclPosition.Start);
    }

    private HclItem ParseItem(int depth, string expected)
    {
        if (token.Kind is not (HclTokenKind.Word or HclTokenKind.Text))
            throw Expected(expected);
        var key = TakeKey();
        var labels = new List<HclKey>();
        while (token.Kind is HclTokenKind.Word or HclTokenKind.Text)
            labels.Add(TakeKey());
        switch (token.Kind)
        {
            case HclTokenKind.Equal when labels.Count == 0:
                Take();
                return new HclItem(key, [], ParseValue(depth));
            case HclTokenKind.OpenBrace:
                return new HclItem(key, labels, ParseObject(depth));
            default:
                throw Expected(labels.Count == 0 ? "\"=\" or \"{\" after the key" : "\"{\" after the label");
        }
    }

    private HclValue ParseValue(int depth) => token switch
    {
        { Kind: HclTokenKind.Text } text => Take(new HclString(text.Text, text.Position)),
        { Kind: HclTokenKind.Number } number => Take(lexer.ParseNumber(number)),
        { Kind: HclTokenKind.Word, Text: "true" or "false" } word => Take(new HclBool(word.Text is "true", word.Position)),
        { Kind: HclTokenKind.OpenBracket } => ParseList(depth),
        { Kind: HclTokenKind.OpenBrace } => ParseObject(depth),
        { Kind: HclTokenKind.Word } => throw Expected("a value; a string needs double quotes"),
        _ => throw Expected("a value"),
    };

    private HclList ParseList(int depth)
    {
        var position = Enter(depth);
        var elements = new List<HclValue>();
        while (token.Kind != HclTokenKind.CloseBracket)
        {
            elements.Add(ParseValue(depth + 1));
            if (token.Kind == HclTokenKind.Comma)
                Take();
            else if (token.Kind != HclTokenKind.CloseBracket)
                throw Expected("\",\" or \"]\" after the list's element");
        }
        Take();
        return new HclList(elements, position);
    }

    private HclObject ParseObject(int depth)
    {
        var position = Enter(depth);
        var items = new List<HclItem>();
        while (token.Kind != HclTokenKind.CloseBrace)
        {
            items.Add(ParseItem(depth + 1, $"a key, or \"}}\" for the \"{{\" of line {position.Line}"));
            if (token.Kind == HclTokenKind.Comma)
                Take();
        }
        Take();
        return new HclObject(items, position);
    }

    private HclPosition Enter(int depth)
    {
        var position = token.Position;
        if (depth > HclDocument.MaxDepth)
            throw new HclException($"nested more than {HclDocument.MaxDepth} deep", position);
        Take();
        return position;
    }

    private void Take() => token = lexer.Next();

    private T Take<T>(T value)
    {
        Take();
        return value;
    }

    private HclKey TakeKey() => Take(new HclKey(token.Text, token.Position));

    private HclException Expected(string what) => new($"expected {what}, found {token.Noun}", token.Position);
}
