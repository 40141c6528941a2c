namespace Kist.Client.Templates.Parsing;

/// <summary>The variables that can be seen at a place of one definition. Each has a slot of its own while it can be seen.</summary>
internal sealed class VariableScope
{
    // "$" is what the template was called with.
    private readonly List<string> names = ["$"];

    /// <summary>Slots that the definition needs.</summary>
    public int Slots { get; private set; } = 1;

    /// <summary>Marks a place; <see cref="Leave"/> forgets what was declared since.</summary>
    public int Enter() => names.Count;

    public void Leave(int mark) => names.RemoveRange(mark, names.Count - mark);

    public int Declare(string name)
    {
        names.Add(name);
        Slots = Math.Max(Slots, names.Count);
        return names.Count - 1;
    }

    /// <summary>The slot of the innermost variable of this name; null when there is none.</summary>
    public int? Find(ReadOnlySpan<char> name)
    {
        for (var i = names.Count - 1; i >= 0; i--)
        {
            if (name.SequenceEqual(names[i]))
                return i;
        }
        return null;
    }

    public IEnumerable<string> Names => names.Skip(1);
}
