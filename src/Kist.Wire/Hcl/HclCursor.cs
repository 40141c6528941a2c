namespace Kist.Wire.Hcl;

/// <summary>Walks a text once, character by character, and knows the line and column. Past the end, <see cref="Current"/> is NUL.</summary>
internal sealed class HclCursor
{
    private readonly string text;
    private int index;
    private int line = 1;
    private int column = 1;

    public HclCursor(string text)
    {
        this.text = text;
        if (text.StartsWith('\uFEFF'))
            index = 1;
    }

    public bool AtEnd => index >= text.Length;

    public char Current => AtEnd ? '\0' : text[index];

    public int Index => index;

    public HclPosition Position => new(line, column);

    public char Peek(int ahead) => index + ahead < text.Length ? text[index + ahead] : '\0';

    public ReadOnlySpan<char> Since(int start) => text.AsSpan(start, index - start);

    public void Advance()
    {
        if (text[index++] == '\n')
        {
            line++;
            column = 1;
        }
        else
        {
            column++;
        }
    }

    public void Advance(int count)
    {
        for (var i = 0; i < count; i++)
            Advance();
    }

    /// <summary>The rest of the line without its end (<c>\n</c> or <c>\r\n</c>); the cursor stands on the next line afterwards.</summary>
    public ReadOnlySpan<char> ReadLine()
    {
        var start = index;
        var length = text.AsSpan(start).IndexOf('\n');
        Advance(length < 0 ? text.Length - start : length + 1);
        var read = Since(start);
        return length < 0 ? read : read[..^1].TrimEnd('\r');
    }
}
