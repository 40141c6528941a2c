namespace Kist.Commands.Policies;

/// <summary>Follows the brackets of HCL from line to line, past texts and comments.</summary>
internal sealed class BracketScanner
{
    /// <summary>No assignment.</summary>
    public const int None = -1;

    /// <summary>True between <c>/*</c> and <c>*/</c>, where white space means something.</summary>
    public bool InsideComment { get; private set; }

    /// <summary>How many brackets are open.</summary>
    public int Depth { get; private set; }

    /// <summary>Where an assignment's equal sign stands in a line, or <see cref="None"/>.</summary>
    public static int Assignment(string line)
    {
        var at = 0;
        while (at < line.Length && line[at] is not ('=' or '{' or '[' or '#' or '/'))
            at = line[at] == '"' ? AfterText(line, at) : at + 1;
        return at > 0 && at < line.Length && line[at] == '=' ? at : None;
    }

    /// <summary>Reads one line.</summary>
    public void Read(string line)
    {
        var at = 0;
        while (at < line.Length)
        {
            if (InsideComment)
                at = EndComment(line, at);
            else if (line[at] == '#' || IsAt(line, at, "//"))
                return;
            else if (IsAt(line, at, "/*"))
                (InsideComment, at) = (true, at + 2);
            else if (line[at] == '"')
                at = AfterText(line, at);
            else
                Bracket(line[at++]);
        }
    }

    private static int AfterText(string line, int at)
    {
        at++;
        while (at < line.Length && line[at] != '"')
            at += line[at] == '\\' ? 2 : 1;
        return Math.Min(line.Length, at + 1);
    }

    private static bool IsAt(string line, int at, string mark) => string.CompareOrdinal(line, at, mark, 0, mark.Length) == 0;

    private int EndComment(string line, int at)
    {
        var end = line.IndexOf("*/", at, StringComparison.Ordinal);
        InsideComment = end < 0;
        return end < 0 ? line.Length : end + 2;
    }

    private void Bracket(char c)
    {
        if (c is '{' or '[')
            Depth++;
        else if (c is '}' or ']')
            Depth = Math.Max(0, Depth - 1);
    }
}
