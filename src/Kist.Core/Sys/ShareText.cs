using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Key shares as operators type them: hexadecimal or base64.</summary>
internal static class ShareText
{
    /// <summary>The bytes of a share; the caller disposes them.</summary>
    public static Outcome<SecretBytes> Parse(SecretText? text)
    {
        var typed = text?.Reveal().Trim() ?? "";
        var bytes = new byte[typed.Length];
        var length = 0;
        var valid = typed.Length > 0
            && ((typed.Length % 2 == 0 && Convert.FromHexString(typed, bytes, out _, out length) == System.Buffers.OperationStatus.Done)
                || Convert.TryFromBase64String(typed, bytes, out length));
        if (!valid || length is 0 or > 64)
            return Failure.Invalid("seal.share_malformed", "field \"key\": expected a key share, hexadecimal or base64");
        var share = new SecretBytes(bytes.AsSpan(0, length));
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(bytes);
        return share;
    }

    public static SecretText Hex(SecretBytes share) => new(Convert.ToHexStringLower(share.Span));

    public static SecretText Base64(SecretBytes share) => new(Convert.ToBase64String(share.Span));
}
