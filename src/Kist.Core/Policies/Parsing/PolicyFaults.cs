using Kist.Wire.Hcl;

namespace Kist.Core.Policies.Parsing;

/// <summary>Collects everything that is wrong with a policy text, so that one answer names it all.</summary>
/// <param name="subject">Begins each message: <c>policy "app"</c>.</param>
/// <param name="code">The failure's code.</param>
internal sealed class PolicyFaults(string subject, string code)
{
    private const int MostShown = 20;

    private readonly List<(int Line, string Message)> faults = [];
    private readonly List<string> warnings = [];

    public bool Any => faults.Count > 0;

    public IReadOnlyList<string> Warnings => warnings;

    public void Add(HclPosition position, string fault) => faults.Add((position.Line, Located(position, fault)));

    public void Add(HclException syntax) => faults.Add((syntax.Position.Line, $"{subject}: {syntax.Message}"));

    public void Warn(HclPosition position, string warning) => warnings.Add(Located(position, warning));

    /// <summary>One fault a line, in the order of the text.</summary>
    public Failure ToFailure()
    {
        var shown = faults.OrderBy(f => f.Line).Select(f => f.Message).Take(MostShown);
        var rest = faults.Count - MostShown;
        return Failure.Invalid(code, string.Join('\n', rest > 0 ? shown.Append($"{subject}: and {rest} more") : shown));
    }

    private string Located(HclPosition position, string what) => $"{subject}: line {position.Line}: {what}";
}
