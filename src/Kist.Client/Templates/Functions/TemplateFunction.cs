using Kist.Client.Templates.Values;

namespace Kist.Client.Templates.Functions;

/// <summary>A function that templates can call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Least">Fewest arguments, a piped one counted.</param>
/// <param name="Most">Most arguments; <see cref="int.MaxValue"/> for any number.</param>
/// <param name="Body">What it does. It is never called with values that are pending.</param>
internal sealed record TemplateFunction(string Name, int Least, int Most, Func<TemplateCall, TemplateValue> Body)
{
    /// <summary>Whether it changes something that other actions see.</summary>
    public bool HasEffects { get; init; }
}
