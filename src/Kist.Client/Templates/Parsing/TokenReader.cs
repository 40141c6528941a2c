using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Parsing;

/// <summary>Walks the tokens of a template.</summary>
internal sealed class TokenReader(TemplateSource source, List<TemplateToken> tokens)
{
    private int index;
    private int nesting;

    public TemplateToken Peek => tokens[index];

    public TemplateToken PeekNonSpace => tokens[NonSpace(index)];

    /// <summary>The token behind <see cref="PeekNonSpace"/>, blanks apart.</summary>
    public TemplateToken PeekSecond => tokens[NonSpace(Math.Min(NonSpace(index) + 1, tokens.Count - 1))];

    public HclPosition Position => source.At(Peek);

    public TemplateToken Next()
    {
        var token = tokens[index];
        if (token.Kind != TemplateTokenKind.End)
            index++;
        return token;
    }

    public TemplateToken NextNonSpace()
    {
        index = NonSpace(index);
        return Next();
    }

    public TemplateToken Expect(TemplateTokenKind kind, string where)
    {
        var token = NextNonSpace();
        return token.Kind == kind ? token : throw Unexpected(token, where);
    }

    /// <summary>Whether the next token, blanks apart, is this word.</summary>
    public bool IsAtWord(string word) => PeekNonSpace is { Kind: TemplateTokenKind.Identifier } token && Text(token).SequenceEqual(word);

    public ReadOnlySpan<char> Text(TemplateToken token) => source.Of(token);

    public HclPosition At(TemplateToken token) => source.At(token);

    public TemplateException Unexpected(TemplateToken token, string where) => Fault($"unexpected {token.Noun} in {where}", token);

    public TemplateException Fault(string reason, TemplateToken token) => new(reason, source.At(token));

    /// <summary>Bounds the nesting; to be followed by <see cref="Ascend"/>.</summary>
    public void Descend(TemplateToken token)
    {
        if (++nesting > TemplateLimits.MaxNesting)
            throw Fault($"nested deeper than {TemplateLimits.MaxNesting} levels", token);
    }

    public void Ascend() => nesting--;

    private int NonSpace(int from)
    {
        while (tokens[from].Kind == TemplateTokenKind.Space)
            from++;
        return from;
    }
}
