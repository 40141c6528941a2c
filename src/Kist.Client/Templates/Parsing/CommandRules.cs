using Kist.Client.Templates.Functions;
using Kist.Client.Templates.Values;
using Kist.Wire.Hcl;

namespace Kist.Client.Templates.Parsing;

/// <summary>What can be known to fail before a template is rendered.</summary>
internal static class CommandRules
{
    /// <param name="command">The command.</param>
    /// <param name="stage">Its place in the pipeline, from 0.</param>
    /// <exception cref="TemplateException">It cannot work.</exception>
    public static void Check(CommandNode command, int stage)
    {
        foreach (var argument in command.Arguments)
        {
            if (argument is FunctionNode called)
                CheckCount(called.Function, 0, called.Position);
            CheckChain(argument);
        }
        CheckChain(command.First);
        switch (command.First)
        {
            case FunctionNode called:
                CheckCount(called.Function, command.Arguments.Count + (stage > 0 ? 1 : 0), called.Position);
                break;
            case ConstantNode { Value: NilValue }:
                throw new TemplateException("nil is no command", command.Position);
            case ConstantNode or DotNode when stage > 0:
                throw new TemplateException("only a function can stand behind \"|\"", command.Position);
            case ConstantNode or DotNode or VariableNode or PipelineNode when command.Arguments.Count > 0:
                throw new TemplateException("only a function can have arguments", command.Arguments[0].Position);
            case VariableNode or PipelineNode when stage > 0:
                throw new TemplateException("only a function can stand behind \"|\"", command.Position);
        }
    }

    // "scratch.Get" calls scratch without arguments.
    private static void CheckChain(OperandNode operand)
    {
        if (operand is FieldsNode { Of: FunctionNode called })
            CheckCount(called.Function, 0, called.Position);
    }

    private static void CheckCount(TemplateFunction function, int count, HclPosition position)
    {
        if (count < function.Least || count > function.Most)
            throw new TemplateException($"{function.Name} takes {Wanted(function)}, found {count}", position);
    }

    private static string Wanted(TemplateFunction function)
    {
        if (function.Most == int.MaxValue)
            return $"at least {Arguments(function.Least)}";
        return function.Least == function.Most ? Arguments(function.Least) : $"{function.Least} to {Arguments(function.Most)}";
    }

    private static string Arguments(int count) => count switch { 0 => "no argument", 1 => "1 argument", _ => $"{count} arguments" };
}
