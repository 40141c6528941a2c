using System.Buffers;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest.Bodies;

/// <summary>
/// <c>IV(16), AES-CBC(plaintext with PKCS#7 padding)</c>. Nothing authenticates it: a changed value, a moved one or, one time in 256, a wrong key is
/// found only when the plaintext is no object, or another object than its key in etcd names.
/// </summary>
internal sealed class AesCbcBody(AesCbcKey cipher) : IBodyCipher
{
    private const int Block = AesCbcKey.BlockBytes;

    public void Dispose() => cipher.Dispose();

    /// <summary>Writes with a given initialization vector, for test vectors; everybody else takes a random one.</summary>
    internal static void Seal(AesCbcKey cipher, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        var padding = Block - plaintext.Length % Block;
        var length = plaintext.Length + padding;
        var span = output.GetSpan(Block + length)[..(Block + length)];
        iv.CopyTo(span);
        var blocks = span[Block..];
        plaintext.CopyTo(blocks);
        blocks[plaintext.Length..].Fill((byte)padding);
        cipher.Encrypt(iv, blocks, blocks);
        output.Advance(span.Length);
    }

    public Failure? Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> body, SecretBuffer plaintext)
    {
        if (body.Length < Block)
            return AtRestFailures.TooShort;
        if (body.Length % Block != 0)
            return AtRestFailures.NotWholeBlocks;
        // The API server itself panics on a vector without a block.
        if (body.Length == Block)
            return AtRestFailures.NotPadded;
        var blocks = plaintext.GetSpan(body.Length - Block)[..(body.Length - Block)];
        cipher.Decrypt(body[..Block], body[Block..], blocks);
        if (CheckPadding(blocks, out var length) is { } fault)
        {
            CryptographicOperations.ZeroMemory(blocks);
            return fault;
        }
        CryptographicOperations.ZeroMemory(blocks[length..]);
        plaintext.Advance(length);
        return null;
    }

    public void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, IBufferWriter<byte> output)
    {
        Span<byte> iv = stackalloc byte[Block];
        RandomNumberGenerator.Fill(iv);
        Seal(cipher, iv, plaintext, output);
    }

    // As the API server checks it: more than a block of padding, which nobody writes, is accepted.
    private static Failure? CheckPadding(ReadOnlySpan<byte> blocks, out int length)
    {
        var padding = blocks[^1];
        length = blocks.Length - padding;
        if (padding == 0 || length < 0)
            return AtRestFailures.NotPadded;
        return blocks[length..].ContainsAnyExcept(padding) ? AtRestFailures.WrongPadding : null;
    }
}
