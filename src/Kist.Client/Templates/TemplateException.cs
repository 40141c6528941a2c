using Kist.Wire.Hcl;

namespace Kist.Client.Templates;

/// <summary>A template is malformed or cannot be rendered. The message says where and never repeats a value that the template works with.</summary>
public sealed class TemplateException : Exception
{
    /// <summary>A fault at a position.</summary>
    /// <param name="reason">What is wrong, without the position.</param>
    /// <param name="position">Where in the template's text.</param>
    public TemplateException(string reason, HclPosition position)
        : base($"{position}: {reason}")
    {
        Reason = reason;
        Position = position;
    }

    /// <summary>What is wrong, without the position.</summary>
    public string Reason { get; }

    /// <summary>Where in the template's text.</summary>
    public HclPosition Position { get; }
}
