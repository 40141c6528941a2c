namespace Kist.Core.Routing;

/// <summary>The values of a template's parameters in one path: at most <see cref="Most"/>.</summary>
public struct RouteValues
{
    /// <summary>Most parameters of one template.</summary>
    public const int Most = 4;

    private (string Name, string Value) a, b, c, d;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The value of <paramref name="name"/>, or empty when the template lacks it.</summary>
    public readonly string this[string name]
    {
        get
        {
            for (var i = 0; i < Count; i++)
            {
                var pair = At(i);
                if (string.Equals(pair.Name, name, StringComparison.Ordinal))
                    return pair.Value;
            }
            return "";
        }
    }

    /// <summary>True when the template has the parameter.</summary>
    public readonly bool Has(string name)
    {
        for (var i = 0; i < Count; i++)
        {
            if (string.Equals(At(i).Name, name, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    /// <summary>The parameter at <paramref name="index"/>.</summary>
    public readonly (string Name, string Value) At(int index) => index switch { 0 => a, 1 => b, 2 => c, _ => d };

    internal void Add(string name, string value)
    {
        switch (Count++)
        {
            case 0: a = (name, value); break;
            case 1: b = (name, value); break;
            case 2: c = (name, value); break;
            default: d = (name, value); break;
        }
    }
}
