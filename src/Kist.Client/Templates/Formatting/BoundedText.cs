using System.Text;

namespace Kist.Client.Templates.Formatting;

/// <summary>A text that grows up to a limit.</summary>
internal sealed class BoundedText(int limit = TemplateLimits.MaxText)
{
    private readonly StringBuilder text = new();

    public int Length => text.Length;

    public BoundedText Append(char character)
    {
        Check(1);
        text.Append(character);
        return this;
    }

    public BoundedText Append(char character, int count)
    {
        Check(count);
        text.Append(character, count);
        return this;
    }

    public BoundedText Append(ReadOnlySpan<char> part)
    {
        Check(part.Length);
        text.Append(part);
        return this;
    }

    public void Truncate(int length) => text.Length = length;

    public override string ToString() => text.ToString();

    private void Check(int more)
    {
        if (more > limit - text.Length)
            throw new TemplateFaultException($"the text would grow beyond {limit / (1024 * 1024)} MiB");
    }
}
