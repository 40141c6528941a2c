using Kist.Crypto;

namespace Kist.Core.Generating;

/// <summary>A named part of a secret.</summary>
/// <param name="Name"><c>password</c>, <c>passphrase</c>, <c>value</c>, <c>private_key</c> or <c>public_key</c>.</param>
/// <param name="Value">Its text.</param>
public sealed record GeneratedField(string Name, SecretText Value);

/// <summary>What a generator made. Disposing of it wipes it.</summary>
/// <param name="Fields">One field, or private and public key.</param>
/// <param name="EntropyBits">
/// The logarithm to base 2 of how many secrets could have been made instead, all equally likely; null for key pairs, and where a password policy
/// hides it.
/// </param>
public sealed record GeneratedSecret(IReadOnlyList<GeneratedField> Fields, double? EntropyBits) : IDisposable
{
    /// <summary>The field of that name, or null.</summary>
    public SecretText? Find(string name) => Fields.FirstOrDefault(f => f.Name == name)?.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var field in Fields)
            field.Value.Dispose();
    }
}
