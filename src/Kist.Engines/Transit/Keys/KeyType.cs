using Kist.Core;

namespace Kist.Engines.Transit.Keys;

/// <summary>A kind of key. All are AES-GCM with a nonce of 96 bits and can be derived and convergent.</summary>
/// <param name="Name">As the API calls it.</param>
/// <param name="KeyBytes">Length of the key.</param>
internal sealed record KeyType(string Name, int KeyBytes)
{
    /// <summary>What a key is unless the client says otherwise.</summary>
    public const string Default = "aes256-gcm96";

    /// <summary>Length of the longest key.</summary>
    public const int MostKeyBytes = 32;

    private static readonly KeyType[] All = [new(Default, MostKeyBytes), new("aes128-gcm96", 16)];

    /// <summary>True for the length of some type's key.</summary>
    public static bool IsKeySize(int length) => Array.Exists(All, type => type.KeyBytes == length);

    /// <summary>The type of that name.</summary>
    public static Outcome<KeyType> Find(string name)
    {
        foreach (var type in All)
        {
            if (type.Name == name)
                return type;
        }
        return Failure.Invalid(
            "transit.unknown_key_type", $"unknown key type \"{name}\"; this server has: {string.Join(", ", All.Select(type => type.Name))}");
    }

    /// <summary>The type of a stored key.</summary>
    /// <exception cref="InvalidDataException">A newer program made the key.</exception>
    public static KeyType OfStored(string name) =>
        Find(name) is { Succeeded: true, Value: var type } ? type : throw new InvalidDataException($"a stored key has the type {name}, which this program lacks");
}
