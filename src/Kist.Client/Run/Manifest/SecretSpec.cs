using Kist.Wire.Hcl;

namespace Kist.Client.Run.Manifest;

/// <summary>One line of a secrets file: a variable's name, or the alias of a secret in a file, and where its value comes from.</summary>
/// <param name="Name">The name of the variable, or the alias.</param>
/// <param name="Text">The id to ask for, or the literal value; substituted.</param>
/// <param name="Tag">What to do with it.</param>
/// <param name="Position">Where it stands.</param>
public sealed record SecretSpec(string Name, string Text, SecretTag Tag, HclPosition Position)
{
    /// <summary>Names it and no more: a literal may be secret.</summary>
    public override string ToString() => $"{Name} at {Position}";
}
