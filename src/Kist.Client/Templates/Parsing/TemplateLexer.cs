namespace Kist.Client.Templates.Parsing;

/// <summary>Cuts a template into text and the tokens of its actions; trims the white space that <c>{{-</c> and <c>-}}</c> take away.</summary>
internal sealed class TemplateLexer(TemplateSource source, string left, string right)
{
    private readonly string text = source.Text;
    private readonly List<TemplateToken> tokens = [];

    public static List<TemplateToken> Read(TemplateSource source, string left, string right) => new TemplateLexer(source, left, right).Read();

    private List<TemplateToken> Read()
    {
        var index = 0;
        var trimsNext = false;
        while (index < text.Length)
        {
            var open = text.IndexOf(left, index, StringComparison.Ordinal);
            var end = open < 0 ? text.Length : open;
            var inside = end + left.Length;
            var trims = open >= 0 && HasLeftTrim(inside);
            AddText(index, end, trimsNext, trims);
            if (open < 0)
                break;
            inside += trims ? 2 : 0;
            (index, trimsNext) = text.AsSpan(inside).StartsWith("/*") ? SkipComment(inside) : ReadAction(open, inside);
        }
        tokens.Add(new TemplateToken(TemplateTokenKind.End, text.Length, 0));
        return tokens;
    }

    private bool HasLeftTrim(int inside) => inside + 1 < text.Length && text[inside] == '-' && ActionLexer.IsSpace(text[inside + 1]);

    private void AddText(int start, int end, bool trimStart, bool trimEnd)
    {
        while (trimStart && start < end && ActionLexer.IsSpace(text[start]))
            start++;
        while (trimEnd && end > start && ActionLexer.IsSpace(text[end - 1]))
            end--;
        if (end > start)
            tokens.Add(new TemplateToken(TemplateTokenKind.Text, start, end - start));
    }

    private (int Index, bool TrimsNext) SkipComment(int start)
    {
        var end = text.IndexOf("*/", start + 2, StringComparison.Ordinal);
        if (end < 0)
            throw source.Fault("the comment that starts here is not closed by \"*/\"", start);
        end += 2;
        var rest = text.AsSpan(end);
        if (rest.StartsWith(right, StringComparison.Ordinal))
            return (end + right.Length, false);
        if (rest.Length > 2 && ActionLexer.IsSpace(rest[0]) && rest[1] == '-' && rest[2..].StartsWith(right, StringComparison.Ordinal))
            return (end + 2 + right.Length, true);
        throw source.Fault("behind a comment, the action must end at once", end);
    }

    private (int Index, bool TrimsNext) ReadAction(int open, int inside)
    {
        tokens.Add(new TemplateToken(TemplateTokenKind.LeftDelimiter, open, inside - open));
        var lexer = new ActionLexer(source, inside, right);
        while (true)
        {
            if (lexer.TryTakeEnd(out var length, out var trimsNext))
            {
                tokens.Add(new TemplateToken(TemplateTokenKind.RightDelimiter, lexer.Index - length, length));
                return (lexer.Index, trimsNext);
            }
            if (lexer.AtEnd)
                throw source.Fault("the action that starts here is not closed", open);
            tokens.Add(lexer.Next());
        }
    }
}
