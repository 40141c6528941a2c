using Kist.Core;
using Kist.Engines.Transit.Ciphers;

namespace Kist.Engines.Transit.Data;

/// <summary>What goes into a cipher beside the key and the text.</summary>
/// <param name="Context">Derives the key; empty for none.</param>
/// <param name="AssociatedData">Authenticated, not encrypted.</param>
/// <param name="KeyVersion">The version that encrypts; 0 for the latest.</param>
internal readonly record struct CipherInput(ReadOnlyMemory<byte> Context, ReadOnlyMemory<byte> AssociatedData, int KeyVersion)
{
    /// <summary>Decodes the fields.</summary>
    public static Outcome<CipherInput> Decode(string? context, string? associatedData, int keyVersion, string? nonce = null)
    {
        if (!string.IsNullOrEmpty(nonce))
            return TransitFailures.NonceNotAllowed;
        var derivation = Base64Field.Decode("context", context);
        if (!derivation.Succeeded)
            return derivation.Failure;
        var data = Base64Field.Decode("associated_data", associatedData);
        return data.Succeeded ? new CipherInput(derivation.Value, data.Value, keyVersion) : data.Failure;
    }
}
