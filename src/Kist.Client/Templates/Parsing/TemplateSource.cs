using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Parsing;

/// <summary>A template's text, which knows the line and column of each place in it.</summary>
internal sealed class TemplateSource
{
    private readonly int[] lines;

    public TemplateSource(string text)
    {
        Text = text;
        var starts = new List<int> { 0 };
        for (var i = text.IndexOf('\n', StringComparison.Ordinal); i >= 0; i = text.IndexOf('\n', i + 1))
            starts.Add(i + 1);
        lines = [.. starts];
    }

    public string Text { get; }

    public HclPosition At(int index)
    {
        var found = Array.BinarySearch(lines, index);
        var line = found >= 0 ? found : ~found - 1;
        return new HclPosition(line + 1, index - lines[line] + 1);
    }

    public HclPosition At(TemplateToken token) => At(token.Start);

    public ReadOnlySpan<char> Of(TemplateToken token) => Text.AsSpan(token.Start, token.Length);

    public TemplateException Fault(string reason, int index) => new(reason, At(index));
}
