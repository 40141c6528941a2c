namespace Kist.Wire.Hcl;

/// <summary>Recursive descent over JSON's tokens, bounded by <see cref="HclDocument.MaxDepth"/>.</summary>
internal sealed class HclJsonParser
{
    private readonly HclLexer lexer;
    private HclToken token;

    public HclJsonParser(string text)
    {
        lexer = new HclLexer(text, json: true);
        token = lexer.Next();
    }

    public HclObject ParseText()
    {
        if (token.Kind != HclTokenKind.OpenBrace)
            throw Expected("\"{\"");
        var root = ParseObject(0);
        return token.Kind == HclTokenKind.End ? root : throw Expected("the end of the text");
    }

    private HclValue ParseValue(int depth) => token switch
    {
        { Kind: HclTokenKind.Text } text => Take(new HclString(text.Text, text.Position)),
        { Kind: HclTokenKind.Number } number => Take(lexer.ParseNumber(number)),
        { Kind: HclTokenKind.Word, Text: "true" or "false" } word => Take(new HclBool(word.Text is "true", word.Position)),
        { Kind: HclTokenKind.OpenBracket } => ParseList(depth),
        { Kind: HclTokenKind.OpenBrace } => ParseObject(depth),
        _ => throw Expected("a value"),
    };

    private HclList ParseList(int depth)
    {
        var position = Enter(depth);
        var elements = new List<HclValue>();
        if (token.Kind != HclTokenKind.CloseBracket)
        {
            do
                elements.Add(ParseValue(depth + 1));
            while (TakeComma());
        }
        Close(HclTokenKind.CloseBracket, "\",\" or \"]\" after the list's element");
        return new HclList(elements, position);
    }

    private HclObject ParseObject(int depth)
    {
        var position = Enter(depth);
        var items = new List<HclItem>();
        if (token.Kind != HclTokenKind.CloseBrace)
        {
            do
                items.Add(ParseMember(depth));
            while (TakeComma());
        }
        Close(HclTokenKind.CloseBrace, $"\",\", or \"}}\" for the \"{{\" of line {position.Line}");
        return new HclObject(items, position);
    }

    private HclItem ParseMember(int depth)
    {
        if (token.Kind != HclTokenKind.Text)
            throw Expected("a key in double quotes");
        var key = Take(new HclKey(token.Text, token.Position));
        Close(HclTokenKind.Colon, "\":\" after the key");
        return new HclItem(key, [], ParseValue(depth + 1));
    }

    private HclPosition Enter(int depth)
    {
        var position = token.Position;
        if (depth > HclDocument.MaxDepth)
            throw new HclException($"nested more than {HclDocument.MaxDepth} deep", position);
        Take();
        return position;
    }

    private bool TakeComma()
    {
        var comma = token.Kind == HclTokenKind.Comma;
        if (comma)
            Take();
        return comma;
    }

    private void Close(HclTokenKind kind, string expected)
    {
        if (token.Kind != kind)
            throw Expected(expected);
        Take();
    }

    private void Take() => token = lexer.Next();

    private T Take<T>(T value)
    {
        Take();
        return value;
    }

    private HclException Expected(string what) => new($"expected {what}, found {token.Noun}", token.Position);
}
