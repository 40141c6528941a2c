using Kist.Client.Templates.Parsing;
using Kist.Wire.Hcl;

namespace Kist.Client.Templates;

/// <summary>
/// A template in Go's text/template syntax with the functions that consul-template and Vault Agent have. Immutable; may be rendered many times, also
/// at once, by a <see cref="TemplateRendering"/> each.
/// </summary>
public sealed class Template
{
    private Template(IReadOnlyDictionary<string, TemplateDefinition> definitions, TemplateOptions options)
    {
        Definitions = definitions;
        Options = options;
    }

    /// <summary>What it was parsed with.</summary>
    public TemplateOptions Options { get; }

    /// <summary>By name; the text outside of all definitions has the empty one.</summary>
    internal IReadOnlyDictionary<string, TemplateDefinition> Definitions { get; }

    /// <summary>Parses a template. A byte order mark at its start is not part of it.</summary>
    /// <exception cref="TemplateException">It is malformed, too long, or names a function that there is not.</exception>
    /// <exception cref="ArgumentException">A delimiter is empty.</exception>
    public static Template Parse(string text, TemplateOptions? options = null)
    {
        options ??= TemplateOptions.Default;
        if (options.LeftDelimiter.Length == 0 || options.RightDelimiter.Length == 0)
            throw new ArgumentException("a delimiter is empty", nameof(options));
        if (text.Length > TemplateLimits.MaxTemplate)
        {
            var reason = $"the template has {text.Length:N0} characters, more than the {TemplateLimits.MaxTemplate:N0} allowed";
            throw new TemplateException(reason, HclPosition.Start);
        }
        text = text.StartsWith('\uFEFF') ? text[1..] : text;
        return new Template(new TemplateParser(text, options).Parse(), options);
    }
}
