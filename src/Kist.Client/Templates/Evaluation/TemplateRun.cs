using Kist.Client.Templates.Formatting;
using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Evaluation;

/// <summary>One pass over a template: what it has, what it asked for, what it gave.</summary>
internal sealed class TemplateRun(
    Template template,
    IReadOnlyDictionary<TemplateDependency, TemplateValue> answers,
    TemplateEnvironment environment,
    CancellationToken cancellation)
{
    private readonly List<TemplateFile> files = [];
    private readonly HashSet<TemplateDependency> asked = [];
    private long steps;
    private long produced;
    private BoundedText output = new(template.Options.MaxOutput);

    public Template Template => template;

    public TemplateEnvironment Environment => environment;

    public Scratchpad Scratchpad { get; } = new();

    /// <summary>What was asked for, answered or not.</summary>
    public IReadOnlyCollection<TemplateDependency> Asked => asked;

    /// <summary>Counts what was left out because it is pending.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Whether the rest of the pass is left out because what happens in it cannot be known.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Goes through the template once.</summary>
    /// <exception cref="TemplateException">It failed.</exception>
    public void Execute() => new NodeEvaluator(this).Call(template.Definitions[""], template.Options.Root, depth: 0);

    /// <summary>What a complete pass gave.</summary>
    public TemplateOutput Output() => new(GoText.ToSecret(output.ToString()), files);

    /// <summary>The answer, or a value that stands for it until it is there.</summary>
    public TemplateValue Ask(TemplateDependency dependency)
    {
        asked.Add(dependency);
        return answers.GetValueOrDefault(dependency) ?? PendingValue.Instance;
    }

    public void Write(ReadOnlySpan<char> text) => output.Append(text);

    public void Write(TemplateFile file) => files.Add(file);

    public void LeaveOut() => LeftOut++;

    public void Stop()
    {
        LeftOut++;
        IsStopped = true;
    }

    /// <summary>Another place for the output, until the action is done; gives what it got, or null when some of it is pending.</summary>
    public string? Capture(Action action)
    {
        var (outer, leftOut) = (output, LeftOut);
        output = new BoundedText();
        try
        {
            action();
            return LeftOut == leftOut ? output.ToString() : null;
        }
        finally
        {
            output = outer;
        }
    }

    /// <summary>Counts work.</summary>
    public void Step()
    {
        if (++steps > TemplateLimits.MaxSteps)
            throw new TemplateFaultException($"the template takes more than {TemplateLimits.MaxSteps:N0} steps; does a loop run too often?");
        if (steps % 1024 == 0)
            cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Counts what functions give.</summary>
    public void Produce(TemplateValue value)
    {
        produced += value switch
        {
            TextValue text => text.Value.Length,
            ListValue list => list.Elements.Count,
            MapValue map => map.Entries.Count,
            _ => 0,
        };
        if (produced > TemplateLimits.MaxProduced)
            throw new TemplateFaultException("the template's functions give too much text or too many elements; does a loop run too often?");
    }
}
