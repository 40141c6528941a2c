using Kist.Client.Templates.Functions;
using Kist.Client.Templates.Values;
using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Parsing;

/// <summary>A part of a template.</summary>
internal abstract record TemplateNode(HclPosition Position);

/// <summary>Text that is written as it is.</summary>
internal sealed record TextNode(string Text, HclPosition Position) : TemplateNode(Position);

/// <summary>A pipeline whose value is printed unless it declares or assigns.</summary>
internal sealed record ActionNode(PipelineNode Pipeline) : TemplateNode(Pipeline.Position);

/// <summary><c>if</c> or <c>with</c>: the first arm whose pipeline is true, or else the last part.</summary>
/// <param name="IsWith">Whether the value becomes the dot.</param>
/// <param name="Arms">At least one.</param>
/// <param name="Else">Null when there is none.</param>
/// <param name="HasEffects">Whether what is inside changes what comes behind it.</param>
/// <param name="Position">Where it starts.</param>
internal sealed record ConditionalNode(
    bool IsWith, IReadOnlyList<ConditionalArm> Arms, IReadOnlyList<TemplateNode>? Else, bool HasEffects, HclPosition Position)
    : TemplateNode(Position);

internal sealed record ConditionalArm(PipelineNode Pipeline, IReadOnlyList<TemplateNode> Body);

/// <param name="Pipeline">What to walk over; it may declare an index and an element.</param>
/// <param name="Body">Once an element.</param>
/// <param name="Else">For none; null when there is none.</param>
/// <param name="HasEffects">Whether what is inside changes what comes behind it.</param>
/// <param name="Position">Where it starts.</param>
internal sealed record RangeNode(
    PipelineNode Pipeline, IReadOnlyList<TemplateNode> Body, IReadOnlyList<TemplateNode>? Else, bool HasEffects, HclPosition Position)
    : TemplateNode(Position);

internal sealed record BreakNode(HclPosition Position) : TemplateNode(Position);

internal sealed record ContinueNode(HclPosition Position) : TemplateNode(Position);

/// <summary><c>template</c> or <c>block</c>.</summary>
/// <param name="Name">What to call.</param>
/// <param name="Pipeline">Its dot; null for nil.</param>
/// <param name="Position">Where it stands.</param>
internal sealed record TemplateCallNode(string Name, PipelineNode? Pipeline, HclPosition Position) : TemplateNode(Position);

/// <summary>A template with a name, or the nameless one outside of all definitions.</summary>
/// <param name="Body">What is in it.</param>
/// <param name="Slots">Variables it needs, <c>$</c> included.</param>
/// <param name="Position">Where it starts.</param>
internal sealed record TemplateDefinition(IReadOnlyList<TemplateNode> Body, int Slots, HclPosition Position)
{
    /// <summary>Whether it has nothing but white space.</summary>
    public bool IsBlank => Body.All(n => n is TextNode text && string.IsNullOrWhiteSpace(text.Text));
}

/// <summary>What an argument can be.</summary>
internal abstract record OperandNode(HclPosition Position);

/// <summary>A constant; <c>nil</c> too.</summary>
internal sealed record ConstantNode(TemplateValue Value, HclPosition Position) : OperandNode(Position);

internal sealed record FunctionNode(TemplateFunction Function, HclPosition Position) : OperandNode(Position);

internal sealed record DotNode(HclPosition Position) : OperandNode(Position);

/// <param name="Slot">Its place among the definition's variables.</param>
/// <param name="Position">Where it stands.</param>
internal sealed record VariableNode(int Slot, HclPosition Position) : OperandNode(Position);

/// <summary>Fields of a value: <c>.a.b</c>, <c>$x.a</c>, <c>(…).a</c>, <c>scratch.Get</c>.</summary>
internal sealed record FieldsNode(OperandNode Of, IReadOnlyList<FieldName> Fields, HclPosition Position) : OperandNode(Position);

internal sealed record FieldName(string Name, HclPosition Position);

/// <summary>Commands, each of which gets the value of the one before as its last argument.</summary>
/// <param name="Targets">Slots of variables that are set; two in a <c>range</c> with index and element.</param>
/// <param name="Commands">At least one.</param>
/// <param name="Position">Where it starts.</param>
internal sealed record PipelineNode(IReadOnlyList<int> Targets, IReadOnlyList<CommandNode> Commands, HclPosition Position) : OperandNode(Position);

/// <summary>A function or value with its arguments.</summary>
internal sealed record CommandNode(OperandNode First, IReadOnlyList<OperandNode> Arguments, HclPosition Position);
