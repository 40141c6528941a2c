namespace Kist.Commands.Arguments;

/// <summary>What a flag takes.</summary>
internal enum FlagKind
{
    /// <summary>Nothing, or <c>=true</c>/<c>=false</c>.</summary>
    Switch,

    /// <summary>A text; given twice, the last one counts.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Number,

    /// <summary>Texts: the flag may be repeated, and a value may hold several with commas between.</summary>
    List,

    /// <summary><c>key=value</c>; the flag may be repeated.</summary>
    Map,

    /// <summary>Texts: the flag may be repeated, and each value is one text, commas and all.</summary>
    Each,
}

/// <summary>A flag that a command declares. Compared by identity, so that reading an undeclared flag is seen at once.</summary>
internal sealed class Flag
{
    private Flag(string name, FlagKind kind, string valueName, string summary)
    {
        Name = name;
        Kind = kind;
        ValueName = valueName;
        Summary = summary;
    }

    /// <summary>The name without dashes.</summary>
    public string Name { get; }

    /// <summary>Other names of the same flag.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What it takes.</summary>
    public FlagKind Kind { get; }

    /// <summary>What help calls the value; empty for switches.</summary>
    public string ValueName { get; }

    /// <summary>One or two sentences for help.</summary>
    public string Summary { get; }

    /// <summary>The only values allowed; empty for any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The variable that it goes before, without prefix (<c>ADDR</c>), or null.</summary>
    public string? Variable { get; init; }

    /// <summary>All names.</summary>
    public IEnumerable<string> Names => [Name, .. Aliases];

    /// <summary>A flag that is on or off.</summary>
    public static Flag Switch(string name, string summary) => new(name, FlagKind.Switch, "", summary);

    /// <summary>A switch with other names.</summary>
    public static Flag Switch(string name, IReadOnlyList<string> aliases, string summary) =>
        new(name, FlagKind.Switch, "", summary) { Aliases = aliases };

    /// <summary>A switch that goes before a variable.</summary>
    public static Flag Switch(string name, string variable, string summary) => new(name, FlagKind.Switch, "", summary) { Variable = variable };

    /// <summary>A flag with a text.</summary>
    public static Flag Text(string name, string valueName, string summary) => new(name, FlagKind.Text, valueName, summary);

    /// <summary>A flag with a text, which goes before a variable.</summary>
    public static Flag Text(string name, string valueName, string variable, string summary, params string[] alias) =>
        new(name, FlagKind.Text, valueName, summary) { Variable = variable, Aliases = alias };

    /// <summary>A flag with one of several words.</summary>
    public static Flag Choice(string name, IReadOnlyList<string> choices, string summary) =>
        new(name, FlagKind.Text, string.Join('|', choices), summary) { Choices = choices };

    /// <summary>A flag with a whole number.</summary>
    public static Flag Number(string name, string valueName, string summary) => new(name, FlagKind.Number, valueName, summary);

    /// <summary>A flag with several texts.</summary>
    public static Flag List(string name, string valueName, string summary) => new(name, FlagKind.List, valueName, summary);

    /// <summary>A flag that may be repeated, each value a text of its own.</summary>
    public static Flag Each(string name, string valueName, string summary, params string[] alias) =>
        new(name, FlagKind.Each, valueName, summary) { Aliases = alias };

    /// <summary>A flag with several <c>key=value</c>.</summary>
    public static Flag Map(string name, string summary) => new(name, FlagKind.Map, "key=value", summary);

    /// <summary>The same with another name.</summary>
    public Flag With(string alias) =>
        new(Name, Kind, ValueName, Summary) { Aliases = [.. Aliases, alias], Choices = Choices, Variable = Variable };

    /// <inheritdoc/>
    public override string ToString() => $"-{Name}";
}
