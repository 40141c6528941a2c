using Kist.Client.Templates.Functions;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates;

/// <summary>How to read a template and what to make of missing keys.</summary>
public sealed record TemplateOptions
{
    /// <summary>The usual: <c>{{</c>, <c>}}</c>, missing keys give nothing.</summary>
    public static TemplateOptions Default { get; } = new();

    /// <summary>What starts an action.</summary>
    public string LeftDelimiter { get; init; } = "{{";

    /// <summary>What ends an action.</summary>
    public string RightDelimiter { get; init; } = "}}";

    /// <summary>
    /// Whether a field that a map does not have is an error (<c>error_on_missing_key</c>). Otherwise it is nil, which prints as
    /// <c>&lt;no value&gt;</c>.
    /// </summary>
    public bool ErrorOnMissingKey { get; init; }

    /// <summary>Functions in place of all but those that Go's templates have themselves; null for all that there are.</summary>
    internal IReadOnlyDictionary<string, TemplateFunction>? Functions { get; init; }

    /// <summary>What the dot is at first.</summary>
    internal TemplateValue Root { get; init; } = TemplateValue.Nil;

    /// <summary>Longest output, in characters; from 1, by default 32 MiB.</summary>
    public int MaxOutput { get; init; } = 32 * 1024 * 1024;
}
