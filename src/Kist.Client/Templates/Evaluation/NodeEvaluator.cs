using System.Runtime.CompilerServices;
using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Parsing;
using Kist.Client.Templates.Values;
using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Evaluation;

/// <summary>Walks the nodes of a template and writes what they give.</summary>
internal sealed class NodeEvaluator
{
    private readonly TemplateRun run;
    private readonly PipelineEvaluator pipelines;

    public NodeEvaluator(TemplateRun run)
    {
        this.run = run;
        pipelines = new PipelineEvaluator(run, this);
    }

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>Writes what a definition gives for a dot.</summary>
    public void Call(TemplateDefinition definition, TemplateValue dot, int depth)
    {
        var frame = new Frame(definition.Slots, dot, depth);
        frame.Slots[0] = dot;
        Walk(definition.Body, frame);
    }

    private Flow Walk(IReadOnlyList<TemplateNode> nodes, Frame frame)
    {
        foreach (var node in nodes)
        {
            if (run.IsStopped)
                return Flow.Next;
            var flow = Visit(node, frame);
            if (flow != Flow.Next)
                return flow;
        }
        return Flow.Next;
    }

    private Flow Visit(TemplateNode node, Frame frame)
    {
        try
        {
            run.Step();
            switch (node)
            {
                case TextNode text:
                    run.Write(text.Text);
                    return Flow.Next;
                case ActionNode action:
                    Print(action, frame);
                    return Flow.Next;
                case ConditionalNode conditional:
                    return Choose(conditional, frame.Deeper(node.Position));
                case RangeNode range:
                    return Repeat(range, frame.Deeper(node.Position));
                case TemplateCallNode call:
                    var dot = call.Pipeline is { } pipeline ? pipelines.Evaluate(pipeline, frame) : NilValue.Instance;
                    Call(run.Template.Definitions[call.Name], dot, frame.Deeper(node.Position).Depth);
                    return Flow.Next;
                default:
                    return node is BreakNode ? Flow.Break : Flow.Continue;
            }
        }
        catch (TemplateFaultException fault)
        {
            throw new TemplateException(fault.Reason, node.Position);
        }
    }

    private void Print(ActionNode action, Frame frame)
    {
        var value = pipelines.Evaluate(action.Pipeline, frame);
        if (action.Pipeline.Targets.Count > 0)
            return;
        if (value is PendingValue)
            run.LeaveOut();
        else
            run.Write(value is NilValue ? "<no value>" : GoPrint.Action(value));
    }

    private Flow Choose(ConditionalNode node, Frame frame)
    {
        foreach (var arm in node.Arms)
        {
            var value = pipelines.Evaluate(arm.Pipeline, frame);
            if (value is PendingValue)
            {
                LeaveOut(node.HasEffects);
                return Flow.Next;
            }
            if (value.IsTrue)
                return Walk(arm.Body, node.IsWith ? frame.With(value) : frame);
        }
        return node.Else is { } otherwise ? Walk(otherwise, frame) : Flow.Next;
    }

    private Flow Repeat(RangeNode node, Frame frame)
    {
        var value = pipelines.Evaluate(node.Pipeline, frame);
        if (value is PendingValue)
        {
            LeaveOut(node.HasEffects);
            return Flow.Next;
        }
        var any = false;
        foreach (var (index, element) in RangeElements.Of(value, node.Pipeline))
        {
            any = true;
            run.Step();
            SetTargets(node.Pipeline.Targets, frame, index, element);
            if (Walk(node.Body, frame.With(element)) == Flow.Break || run.IsStopped)
                break;
        }
        return any || node.Else is not { } otherwise ? Flow.Next : Walk(otherwise, frame);
    }

    private static void SetTargets(IReadOnlyList<int> targets, Frame frame, TemplateValue index, TemplateValue element)
    {
        if (targets.Count == 1)
            frame.Slots[targets[0]] = element;
        if (targets.Count != 2)
            return;
        frame.Slots[targets[0]] = index;
        frame.Slots[targets[1]] = element;
    }

    private void LeaveOut(bool hasEffects)
    {
        if (hasEffects)
            run.Stop();
        else
            run.LeaveOut();
    }
}

/// <summary>Where an evaluation stands.</summary>
/// <param name="Slots">Variables of the definition.</param>
/// <param name="Dot">The dot.</param>
/// <param name="Depth">How many structures are around.</param>
internal sealed record Frame(TemplateValue[] Slots, TemplateValue Dot, int Depth)
{
    public Frame(int slots, TemplateValue dot, int depth)
        : this(new TemplateValue[slots], dot, depth) => Array.Fill(Slots, NilValue.Instance);

    public Frame With(TemplateValue dot) => this with { Dot = dot };

    /// <exception cref="TemplateException">Too deep.</exception>
    public Frame Deeper(HclPosition position)
    {
        if (Depth >= TemplateLimits.MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateException($"nested deeper than {TemplateLimits.MaxDepth} levels; does a template call itself?", position);
        return this with { Depth = Depth + 1 };
    }
}
