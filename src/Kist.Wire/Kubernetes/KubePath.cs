namespace Kist.Wire.Kubernetes;

/// <summary>A path with a query.</summary>
internal sealed record KubePath(string Text)
{
    private bool HasQuery { get; init; }

    /// <summary>With a parameter; without it for null.</summary>
    public KubePath With(string name, string? value)
    {
        if (value is null)
            return this;
        var mark = HasQuery ? '&' : '?';
        return new KubePath($"{Text}{mark}{name}={Uri.EscapeDataString(value)}") { HasQuery = true };
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
