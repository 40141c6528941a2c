using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;

namespace Kist.Core.Generating;

/// <summary>Passphrases of common English words.</summary>
internal static class Passphrases
{
    /// <summary>Bits that each word adds.</summary>
    public const int BitsPerWord = 11;

    private static readonly Lazy<string[]> LazyWords = new(ReadWords);

    /// <summary>2048 different words of four to seven letters.</summary>
    public static IReadOnlyList<string> Words => LazyWords.Value;

    /// <summary>So many words, each drawn evenly.</summary>
    public static SecretText Generate(int words, string separator, bool capitalize)
    {
        var between = Encoding.UTF8.GetBytes(separator);
        using var text = new SecretBuffer();
        for (var i = 0; i < words; i++)
        {
            if (i > 0)
                text.Write(between);
            var word = LazyWords.Value[RandomNumberGenerator.GetInt32(LazyWords.Value.Length)];
            var utf8 = text.GetSpan(word.Length);
            text.Advance(Encoding.ASCII.GetBytes(word, utf8));
            // The words are of small letters alone.
            if (capitalize)
                utf8[0] -= 'a' - 'A';
        }
        return new SecretText(text.Written);
    }

    private static string[] ReadWords()
    {
        using var stream = typeof(Passphrases).Assembly.GetManifestResourceStream("Kist.Core.Generating.words.txt")!;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var words = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static w => w[0] != '#').ToArray();
        return words.Length == 1 << BitsPerWord ? words : throw new InvalidDataException($"the list of words has {words.Length}");
    }
}
