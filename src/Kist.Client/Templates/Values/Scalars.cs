namespace Kist.Client.Templates.Values;

/// <summary>Nothing; printed by an action as <c>&lt;no value&gt;</c>.</summary>
internal sealed class NilValue : TemplateValue
{
    public static NilValue Instance { get; } = new();

    internal override string Noun => "nil";

    internal override string GoType => "<nil>";

    internal override bool IsTrue => false;
}

internal sealed class BooleanValue : TemplateValue
{
    public static BooleanValue True { get; } = new(true);

    public static BooleanValue False { get; } = new(false);

    private BooleanValue(bool value) => Value = value;

    public bool Value { get; }

    internal override string Noun => "a boolean";

    internal override string GoType => "bool";

    internal override bool IsTrue => Value;

    public static BooleanValue Of(bool value) => value ? True : False;
}

/// <summary>A signed number, of whichever size in Go.</summary>
internal sealed class IntegerValue(long value, string goType = "int") : TemplateValue
{
    public long Value => value;

    internal override string Noun => "a whole number";

    internal override string GoType => goType;

    internal override bool IsTrue => value != 0;
}

internal sealed class UnsignedValue(ulong value, string goType = "uint64") : TemplateValue
{
    public ulong Value => value;

    internal override string Noun => "a whole number";

    internal override string GoType => goType;

    internal override bool IsTrue => value != 0;
}

internal sealed class FloatValue(double value) : TemplateValue
{
    public double Value => value;

    internal override string Noun => "a float";

    internal override string GoType => "float64";

    internal override bool IsTrue => value != 0;
}

internal sealed class TextValue(string value) : TemplateValue
{
    public static TextValue Empty { get; } = new("");

    public string Value => value;

    internal override string Noun => "a string";

    internal override string GoType => "string";

    internal override bool IsTrue => value.Length > 0;
}

/// <summary>A number of a server's answer, kept as written so that long ones lose nothing. It is a string to Go, and thus never false.</summary>
internal sealed class NumberTextValue(string value) : TemplateValue
{
    public string Value => value;

    internal override string Noun => "a number";

    internal override string GoType => "json.Number";

    internal override bool IsTrue => value.Length > 0;
}

/// <summary>
/// Stands for what is not fetched yet. Whatever depends on it is left out of the pass, so that no request is ever made up of values that are not
/// there.
/// </summary>
internal sealed class PendingValue : TemplateValue
{
    public static PendingValue Instance { get; } = new();

    internal override string Noun => "a value that is not there yet";

    internal override string GoType => "<nil>";

    internal override bool IsTrue => false;
}
