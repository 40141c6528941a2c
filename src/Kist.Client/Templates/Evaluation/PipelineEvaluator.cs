using Kist.Client.Templates.Functions;
using Kist.Client.Templates.Parsing;
using Kist.Client.Templates.Values;
using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Evaluation;

/// <summary>Computes what pipelines give.</summary>
internal sealed class PipelineEvaluator(TemplateRun run, NodeEvaluator nodes)
{
    /// <summary>The pipeline's value, also in the variables that it sets.</summary>
    public TemplateValue Evaluate(PipelineNode pipeline, Frame frame)
    {
        var inside = frame.Deeper(pipeline.Position);
        TemplateValue? value = null;
        foreach (var command in pipeline.Commands)
            value = Command(command, inside, value);
        foreach (var target in pipeline.Targets)
            frame.Slots[target] = value!;
        return value!;
    }

    private TemplateValue Command(CommandNode command, Frame frame, TemplateValue? piped)
    {
        run.Step();
        return command.First switch
        {
            FunctionNode function => Call(function, command.Arguments, frame, piped),
            FieldsNode fields => FieldsOf(fields, command.Arguments, frame, piped),
            var value => Operand(value, frame),
        };
    }

    private TemplateValue Operand(OperandNode operand, Frame frame) => operand switch
    {
        ConstantNode constant => constant.Value,
        DotNode => frame.Dot,
        VariableNode variable => frame.Slots[variable.Slot],
        PipelineNode pipeline => Evaluate(pipeline, frame),
        FunctionNode function => Call(function, [], frame, null),
        FieldsNode fields => FieldsOf(fields, [], frame, null),
        _ => throw new InvalidOperationException($"unknown operand {operand.GetType().Name}"),
    };

    private TemplateValue Call(FunctionNode node, IReadOnlyList<OperandNode> arguments, Frame frame, TemplateValue? piped)
    {
        var function = node.Function;
        try
        {
            if (function.Name is "and" or "or")
                return Decide(function.Name == "or", arguments, frame, piped);
            var values = Arguments(arguments, frame, piped);
            if (values.Exists(v => v is PendingValue))
            {
                // What a pending value would have changed cannot be known.
                if (function.HasEffects)
                    run.Stop();
                return PendingValue.Instance;
            }
            var call = new TemplateCall(values, arguments.TakeWhile(a => a is ConstantNode).Count(), run);
            var value = function.Name == "executeTemplate" ? ExecuteTemplate(call, frame, node.Position) : function.Body(call);
            run.Produce(value);
            return value;
        }
        catch (TemplateFaultException fault)
        {
            throw new TemplateException($"{function.Name}: {fault.Reason}", node.Position);
        }
    }

    private List<TemplateValue> Arguments(IReadOnlyList<OperandNode> arguments, Frame frame, TemplateValue? piped)
    {
        var values = new List<TemplateValue>(arguments.Count + 1);
        foreach (var argument in arguments)
            values.Add(Operand(argument, frame));
        if (piped is not null)
            values.Add(piped);
        return values;
    }

    // The arguments behind the one that decides are not evaluated.
    private TemplateValue Decide(bool isOr, IReadOnlyList<OperandNode> arguments, Frame frame, TemplateValue? piped)
    {
        TemplateValue value = NilValue.Instance;
        foreach (var argument in arguments)
        {
            value = Operand(argument, frame);
            if (value is PendingValue || value.IsTrue == isOr)
                return value;
        }
        return piped ?? value;
    }

    private TemplateValue ExecuteTemplate(TemplateCall call, Frame frame, HclPosition position)
    {
        var name = call.Text(0);
        if (name.Length == 0 || !run.Template.Definitions.TryGetValue(name, out var definition))
            throw new TemplateFaultException($"there is no template{call.Shown(0)}");
        var dot = call.Count > 1 ? call[1] : NilValue.Instance;
        var text = run.Capture(() => nodes.Call(definition, dot, frame.Deeper(position).Depth));
        return text is null ? PendingValue.Instance : new TextValue(text);
    }

    private TemplateValue FieldsOf(FieldsNode node, IReadOnlyList<OperandNode> arguments, Frame frame, TemplateValue? piped)
    {
        var value = Operand(node.Of, frame);
        var isInside = false;
        for (var i = 0; i < node.Fields.Count; i++)
        {
            var field = node.Fields[i];
            var isLast = i == node.Fields.Count - 1;
            var given = isLast ? Arguments(arguments, frame, piped) : [];
            var of = value;
            value = of is ScratchValue scratch ? Method(scratch, field, given) : Field(of, field, given.Count, isInside);
            isInside |= of is not NilValue;
        }
        return value;
    }

    private TemplateValue Method(ScratchValue scratch, FieldName method, List<TemplateValue> arguments)
    {
        if (arguments.Take(ScratchMethods.Keys(method.Name)).Any(a => a is PendingValue))
        {
            run.Stop();
            return PendingValue.Instance;
        }
        try
        {
            return ScratchMethods.Call(scratch.Pad, method.Name, arguments);
        }
        catch (TemplateFaultException fault)
        {
            throw new TemplateException($"scratch.{method.Name}: {fault.Reason}", method.Position);
        }
    }

    /// <param name="of">What has the field.</param>
    /// <param name="field">The field.</param>
    /// <param name="arguments">How many arguments stand behind it.</param>
    /// <param name="isInside">Whether <paramref name="of"/> is a field itself. Of nothing, there is nothing; a nil in a map has no fields.</param>
    private TemplateValue Field(TemplateValue of, FieldName field, int arguments, bool isInside)
    {
        if (arguments > 0)
            throw new TemplateException($"\"{field.Name}\" is a field, which takes no arguments", field.Position);
        switch (of)
        {
            case PendingValue:
                return of;
            case NilValue when !isInside && !run.Template.Options.ErrorOnMissingKey:
                return of;
            case MapValue map when map.Entries.TryGetValue(field.Name, out var value):
                return value;
            case MapValue when run.Template.Options.ErrorOnMissingKey:
                throw new TemplateException($"the map has no key \"{field.Name}\"", field.Position);
            case MapValue map:
                return map.Zero;
            case RecordValue record:
                return record.Field(field.Name) ?? throw Unknown(record, field);
            default:
                throw new TemplateException($"{of.Noun} has no field \"{field.Name}\"", field.Position);
        }
    }

    private static TemplateException Unknown(RecordValue record, FieldName field)
    {
        var known = record.Fields.Select(f => f.Key).ToList();
        return new TemplateException($"{record.Noun} has no field \"{field.Name}\"; it has {string.Join(", ", known)}", field.Position);
    }
}
