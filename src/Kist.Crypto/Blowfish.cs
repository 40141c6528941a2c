using System.Buffers.Binary;
using System.Numerics;

namespace Kist.Crypto;

/// <summary>The block cipher in the form that bcrypt needs: the key schedule can be repeated, with a salt or without. For nothing else.</summary>
internal sealed class Blowfish
{
    private const int Rounds = 16;
    private const int SubkeyCount = Rounds + 2;
    private const int BoxCount = 4;
    private const int BoxSize = 256;
    private const int BlockBytes = 8;

    // The cipher begins with the fraction of pi: computing it takes some milliseconds once, and shows where the numbers come from.
    private static readonly Lazy<uint[]> Pi = new(() => FractionOfPi(SubkeyCount + (BoxCount * BoxSize)));

    private readonly uint[] subkeys = Pi.Value[..SubkeyCount];
    private readonly uint[] boxes = Pi.Value[SubkeyCount..];

    /// <summary>Mixes a key into the state; a salt, of 16 bytes or none, is mixed into what the state encrypts for that.</summary>
    public void Expand(ReadOnlySpan<byte> key, ReadOnlySpan<byte> salt)
    {
        var at = 0;
        for (var i = 0; i < SubkeyCount; i++)
            subkeys[i] ^= NextWord(key, ref at);
        var (left, right, saltAt) = (0u, 0u, 0);
        Fill(subkeys, salt, ref left, ref right, ref saltAt);
        Fill(boxes, salt, ref left, ref right, ref saltAt);
    }

    /// <summary>Encrypts whole blocks, each by itself.</summary>
    public void EncryptInPlace(Span<byte> blocks)
    {
        for (; blocks.Length > 0; blocks = blocks[BlockBytes..])
        {
            var left = BinaryPrimitives.ReadUInt32BigEndian(blocks);
            var right = BinaryPrimitives.ReadUInt32BigEndian(blocks[4..]);
            Encrypt(ref left, ref right);
            BinaryPrimitives.WriteUInt32BigEndian(blocks, left);
            BinaryPrimitives.WriteUInt32BigEndian(blocks[4..], right);
        }
    }

    /// <summary>Wipes the state.</summary>
    public void Clear()
    {
        Array.Clear(subkeys);
        Array.Clear(boxes);
    }

    private void Fill(uint[] words, ReadOnlySpan<byte> salt, ref uint left, ref uint right, ref int saltAt)
    {
        for (var i = 0; i < words.Length; i += 2)
        {
            if (salt.Length > 0)
            {
                left ^= NextWord(salt, ref saltAt);
                right ^= NextWord(salt, ref saltAt);
            }
            Encrypt(ref left, ref right);
            words[i] = left;
            words[i + 1] = right;
        }
    }

    private void Encrypt(ref uint left, ref uint right)
    {
        var (keys, box) = (subkeys, boxes);
        var (l, r) = (left, right);
        for (var i = 0; i < Rounds; i += 2)
        {
            l ^= keys[i];
            r ^= Mix(box, l) ^ keys[i + 1];
            l ^= Mix(box, r);
        }
        left = r ^ keys[Rounds + 1];
        right = l ^ keys[Rounds];
    }

    private static uint Mix(uint[] box, uint x) =>
        ((box[x >> 24] + box[BoxSize + ((x >> 16) & 0xff)]) ^ box[(2 * BoxSize) + ((x >> 8) & 0xff)]) + box[(3 * BoxSize) + (x & 0xff)];

    // The key over and over.
    private static uint NextWord(ReadOnlySpan<byte> key, ref int at)
    {
        var word = 0u;
        for (var i = 0; i < 4; i++)
        {
            word = (word << 8) | key[at];
            at = at + 1 == key.Length ? 0 : at + 1;
        }
        return word;
    }

    // Machin: pi = 16 arctan(1/5) - 4 arctan(1/239), in fixed point with some bits to spare.
    private static uint[] FractionOfPi(int words)
    {
        const int spare = 64;
        var one = BigInteger.One << ((32 * words) + spare);
        var pi = (16 * Arctangent(one, 5)) - (4 * Arctangent(one, 239));
        var fraction = (pi - (3 * one)) >> spare;
        var bytes = new byte[4 * words];
        var digits = fraction.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, bytes.Length - digits.Length);
        return [.. Enumerable.Range(0, words).Select(i => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(4 * i)))];
    }

    private static BigInteger Arctangent(BigInteger one, int inverse)
    {
        var power = one / inverse;
        var (sum, n) = (power, 1);
        while (!power.IsZero)
        {
            power /= inverse * inverse;
            n += 2;
            sum += n % 4 == 3 ? -(power / n) : power / n;
        }
        return sum;
    }
}
