using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Parsing;

/// <summary>The definitions of a template, and the calls of them.</summary>
internal sealed class DefinitionTable
{
    private readonly Dictionary<string, TemplateDefinition> definitions = new(StringComparer.Ordinal);
    private readonly List<TemplateCallNode> calls = [];

    public void AddCall(TemplateCallNode call) => calls.Add(call);

    /// <exception cref="TemplateException">There is one of this name.</exception>
    public void Add(string name, TemplateDefinition definition)
    {
        // As in Go, one that holds nothing never takes the place of one that does.
        if (!definitions.TryGetValue(name, out var earlier) || earlier.IsBlank)
            definitions[name] = definition;
        else if (!definition.IsBlank)
            throw new TemplateException($"template \"{name}\" is defined twice, first in {earlier.Position}", definition.Position);
    }

    /// <summary>All definitions, with the text outside of them under the empty name.</summary>
    /// <exception cref="TemplateException">A call has no definition.</exception>
    public IReadOnlyDictionary<string, TemplateDefinition> Complete(TemplateDefinition outside)
    {
        if (calls.Find(call => !definitions.ContainsKey(call.Name)) is { } lost)
            throw new TemplateException($"template \"{lost.Name}\" is not defined{HclSuggestion.For(lost.Name, definitions.Keys)}", lost.Position);
        definitions[""] = outside;
        return definitions;
    }
}
