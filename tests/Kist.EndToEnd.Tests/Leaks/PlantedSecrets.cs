using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Kist.EndToEnd.Tests.Leaks;

/// <summary>
/// The secrets that a test uses: its own marked values, tokens and keys, in each form in which they might come to light. The keyring's keys, the key of the
/// token hashes and the salts of audit devices are not among them: they are made inside the program and no answer holds them, so that no test of the running
/// program knows what to look for. That the store has none of them in clear is tested where they are at hand: in KeyringKeeperTests
/// (Stored_bytes_contain_no_key_of_the_keyring) and AuditServiceTests (Store_holds_no_device_in_clear).
/// </summary>
public sealed partial class PlantedSecrets
{
    // Shorter pieces would be found by chance.
    private const int LeastBytes = 8;

    private readonly ConcurrentDictionary<string, string> secrets = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => secrets.Count;

    /// <summary>A new random value whose label says where it came from.</summary>
    public string New(string label) => Add(label, $"planted-{label}-{RandomNumberGenerator.GetHexString(24, lowercase: true)}");

    /// <summary>Takes note of a secret that the server made.</summary>
    public string Add(string label, string secret)
    {
        secrets.TryAdd(secret, label);
        return secret;
    }

    /// <summary>Takes note of one secret a line, and counts them.</summary>
    public int AddFile(string label, string path)
    {
        var lines = File.ReadAllLines(path);
        foreach (var line in lines)
            Add(label, line);
        return lines.Length;
    }

    /// <summary>Every form of every secret.</summary>
    public IEnumerable<Needle> Needles() => secrets.SelectMany(pair => Forms(pair.Key).Select(form => new Needle(pair.Value, form.Name, form.Bytes)));

    private static IEnumerable<(string Name, byte[] Bytes)> Forms(string secret)
    {
        var text = Encoding.UTF8.GetBytes(secret);
        var forms = new List<(string, byte[])> { ("text", text), ("UTF-16", Encoding.Unicode.GetBytes(secret)) };
        forms.AddRange(Encodings("text", text));
        // The random part of a token, without the prefix that names its kind and namespace and without the checksum.
        if (Token().Match(secret) is { Success: true } token)
        {
            var random = Encoding.UTF8.GetBytes(token.Groups["random"].Value);
            forms.Add(("random part", random));
            forms.AddRange(Encodings("random part", random));
        }
        foreach (var (name, bytes) in Decoded(secret))
        {
            forms.Add(($"bytes of {name}", bytes));
            forms.AddRange(Encodings($"bytes of {name}", bytes));
        }
        return forms.Where(form => form.Item2.Length >= LeastBytes);
    }

    [GeneratedRegex("^(kst_[a-z]_([0-9A-Za-z]{11}\\.)?(?<random>.+).{6}|hv[a-z]\\.(?<random>.+))$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();

    // A key is handed out as hexadecimal or base64: its bytes are the secret.
    private static IEnumerable<(string Name, byte[] Bytes)> Decoded(string secret)
    {
        if (secret.Length % 2 == 0 && secret.All(char.IsAsciiHexDigit))
            yield return ("hex", Convert.FromHexString(secret));
        var buffer = new byte[secret.Length];
        if (Convert.TryFromBase64String(secret, buffer, out var length))
            yield return ("base64", buffer[..length]);
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Encodings(string of, byte[] bytes)
    {
        yield return ($"hex of {of}", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        yield return ($"HEX of {of}", Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        for (var shift = 0; shift < 3; shift++)
        {
            var inner = Base64At(bytes, shift);
            yield return ($"base64 of {of}", Encoding.ASCII.GetBytes(inner));
            yield return ($"base64url of {of}", Encoding.ASCII.GetBytes(inner.Replace('+', '-').Replace('/', '_')));
        }
    }

    // Base64 looks different at each of three offsets in what surrounds the secret; the characters that depend on the surroundings are cut off.
    private static string Base64At(byte[] bytes, int shift)
    {
        var text = Convert.ToBase64String([.. new byte[shift], .. bytes]).TrimEnd('=');
        var first = shift == 0 ? 0 : shift + 1;
        var last = (shift + bytes.Length) % 3 == 0 ? text.Length : text.Length - 1;
        return text[first..last];
    }
}

/// <summary>One form of a secret, as bytes to look for.</summary>
/// <param name="Label">Where the secret came from; never the secret.</param>
/// <param name="Form">How it is written.</param>
/// <param name="Bytes">What to find.</param>
public sealed record Needle(string Label, string Form, byte[] Bytes);
