namespace Kist.Wire.Hcl;

/// <summary>The text is not HCL, or not what its reader expects. The message says where and never repeats a value of the text.</summary>
public sealed class HclException : Exception
{
    /// <summary>A fault at a position.</summary>
    /// <param name="reason">What is wrong, without the position.</param>
    /// <param name="position">Where.</param>
    public HclException(string reason, HclPosition position)
        : base($"{position}: {reason}")
    {
        Reason = reason;
        Position = position;
    }

    /// <summary>What is wrong, without the position.</summary>
    public string Reason { get; }

    /// <summary>Where.</summary>
    public HclPosition Position { get; }
}
