using Kist.Wire.Hcl;
using YamlDotNet.Core;

namespace Kist.Wire.Yaml;

/// <summary>
/// A text as the parser gets it. Within brackets and quotes, indentation means nothing to Kubernetes' reader, while this parser wants it deeper than
/// the block's: where it objects, the line is moved to the right, and positions are given as in the text that was written.
/// </summary>
internal sealed class YamlText(string written)
{
    // Deeper than any block of a text that somebody wrote; a line may be moved more than once.
    private const int Step = 128;

    // Each objection costs another parse. This is many lines of a usual file, and little work on a large one.
    private const long MaxParsed = 8L * YamlReader.MaxLength;

    private static readonly string StateMessage = new InvalidOperationException().Message;

    private readonly Dictionary<long, int> added = [];
    private long parsed;

    /// <summary>What to parse.</summary>
    public string ForParser { get; private set; } = written;

    /// <summary>
    /// The first character that Go's yaml.v2 takes nowhere: control characters but tab and line breaks, halves of surrogate pairs, and the two that
    /// are none.
    /// </summary>
    public static HclPosition? FindForbidden(string text)
    {
        var (line, column, isSecondHalf) = (1, 1, false);
        for (var i = 0; i < text.Length; i++)
        {
            var isPair = char.IsSurrogatePair(text, i);
            if (!isPair && !isSecondHalf && !IsAllowed(text[i]))
                return new HclPosition(line, column);
            (line, column) = text[i] == '\n' ? (line + 1, 1) : (line, column + 1);
            isSecondHalf = isPair;
        }
        return null;
    }

    /// <summary>
    /// True when the parser objects to a line's indentation within brackets, or to that of a line in double quotes, and to nothing else.
    /// </summary>
    public static bool IsAboutIndentation(Exception e) => e switch
    {
        SyntaxErrorException => e.Message.Contains("double-quoted scalar, found wrong indentation", StringComparison.Ordinal),
        // Thrown without a message for such a line; the parser's other ones have messages of their own.
        InvalidOperationException => string.Equals(e.Message, StateMessage, StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Moves the line to the right; false when too much was tried.</summary>
    public bool TryIndent(Mark objection)
    {
        parsed += ForParser.Length;
        if (parsed > MaxParsed || objection.Index > ForParser.Length)
            return false;
        var start = ForParser.AsSpan(0, (int)objection.Index).LastIndexOfAny("\r\n\u0085\u2028\u2029") + 1;
        ForParser = ForParser.Insert(start, new string(' ', Step));
        added[objection.Line] = added.GetValueOrDefault(objection.Line) + Step;
        return true;
    }

    /// <summary>Where the parser's place is in the text that was written.</summary>
    public HclPosition At(Mark mark) =>
        new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column - added.GetValueOrDefault(mark.Line)));

    /// <summary>Whether a place is right behind a character.</summary>
    public bool IsBehind(Mark mark, char character) =>
        mark.Index > 0 && mark.Index <= ForParser.Length && ForParser[(int)mark.Index - 1] == character;

    /// <summary>Whether the two characters around a place are these.</summary>
    public bool HasAt(Mark mark, string around) =>
        mark.Index > 0 && mark.Index < ForParser.Length && ForParser.AsSpan((int)mark.Index - 1, 2).SequenceEqual(around);

    /// <summary>Whether a comma stands between two places, comments apart.</summary>
    public bool HasComma(Mark from, Mark to)
    {
        var isComment = false;
        foreach (var c in ForParser.AsSpan((int)from.Index, (int)Math.Max(0, to.Index - from.Index)))
        {
            if (c == ',' && !isComment)
                return true;
            isComment = c == '#' || (isComment && c is not ('\n' or '\r'));
        }
        return false;
    }

    private static bool IsAllowed(char c) => c switch
    {
        '\t' or '\n' or '\r' or '\u0085' => true,
        >= ' ' and <= '~' => true,
        >= '\u00a0' and <= '\ud7ff' => true,
        >= '\ue000' and <= '\ufffd' => true,
        _ => false,
    };
}
