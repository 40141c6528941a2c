using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kist.Engines.Database.Names;

/// <summary>A function of templates.</summary>
/// <param name="Name">As templates call it.</param>
/// <param name="Least">Fewest arguments.</param>
/// <param name="Most">Most arguments.</param>
/// <param name="Run">Computes it.</param>
internal sealed record TemplateFunction(string Name, int Least, int Most, Func<string[], DateTimeOffset, string> Run)
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int HashLength = 8;
    private const int LongestRandom = 256;

    private static readonly FrozenDictionary<string, TemplateFunction> All = new TemplateFunction[]
    {
        new("random", 1, 1, (a, _) => RandomNumberGenerator.GetString(Alphanumeric, Number(a[0], 1, LongestRandom))),
        new("uuid", 0, 0, (_, _) => new Guid(RandomNumberGenerator.GetBytes(16)).ToString()),
        new("unix_time", 0, 0, (_, now) => now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        new("unix_time_millis", 0, 0, (_, now) => now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
        new("timestamp", 1, 1, (a, now) => Timestamp(a[0], now)),
        new("truncate", 2, 2, (a, _) => Truncate(a[1], Number(a[0], 1, UsernameTemplate.LongestValue))),
        new("truncate_sha256", 2, 2, (a, _) => TruncateAndHash(a[1], Number(a[0], HashLength + 1, UsernameTemplate.LongestValue))),
        new("uppercase", 1, 1, (a, _) => a[0].ToUpperInvariant()),
        new("lowercase", 1, 1, (a, _) => a[0].ToLowerInvariant()),
        new("replace", 3, 3, (a, _) => a[0].Length == 0 ? a[2] : a[2].Replace(a[0], a[1], StringComparison.Ordinal)),
        new("sha256", 1, 1, (a, _) => Sha256(a[0])),
        new("base64", 1, 1, (a, _) => Convert.ToBase64String(Encoding.UTF8.GetBytes(a[0]))),
        new("hex", 1, 1, (a, _) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(a[0]))),
        new("printf", 1, 32, (a, _) => Printf(a)),
    }.ToFrozenDictionary(f => f.Name, StringComparer.Ordinal);

    /// <summary>Finds one.</summary>
    /// <exception cref="FormatException">There is none of that name.</exception>
    public static TemplateFunction Find(string name) =>
        All.TryGetValue(name, out var found)
            ? found
            : throw new FormatException($"has an unknown function \"{name}\"; there are {string.Join(", ", All.Keys.Order(StringComparer.Ordinal))}");

    /// <summary>True when it takes so many arguments.</summary>
    public bool Takes(int arguments) => arguments >= Least && arguments <= Most;

    private static int Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"needs a number from {least} to {most}");

    private static string Truncate(string text, int length)
    {
        var cut = text.Length <= length ? text : text[..length];
        // Not in the middle of a character of two halves.
        return cut.Length > 0 && char.IsHighSurrogate(cut[^1]) ? cut[..^1] : cut;
    }

    private static string TruncateAndHash(string text, int length) =>
        text.Length <= length ? text : text[..(length - HashLength)] + Sha256(text[(length - HashLength)..])[..HashLength];

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // The numbers of Go's reference time that names are made of.
    private static string Timestamp(string layout, DateTimeOffset now)
    {
        (string Go, string Net)[] tokens = [("2006", "yyyy"), ("01", "MM"), ("02", "dd"), ("15", "HH"), ("04", "mm"), ("05", "ss"), ("06", "yy")];
        var made = new StringBuilder();
        for (var i = 0; i < layout.Length;)
        {
            var token = Array.Find(tokens, t => string.CompareOrdinal(layout, i, t.Go, 0, t.Go.Length) == 0);
            made.Append(token.Go is null ? layout[i].ToString() : now.UtcDateTime.ToString(token.Net, CultureInfo.InvariantCulture));
            i += token.Go?.Length ?? 1;
        }
        return made.ToString();
    }

    private static string Printf(string[] arguments)
    {
        var made = new StringBuilder();
        var format = arguments[0];
        var next = 1;
        for (var at = 0; at < format.Length;)
        {
            if (format[at] != '%')
            {
                made.Append(format[at++]);
                continue;
            }
            var verb = at + 1 < format.Length ? format[at + 1] : '\0';
            at += 2;
            made.Append(verb switch
            {
                '%' => "%",
                's' or 'v' or 'd' when next < arguments.Length => arguments[next++],
                's' or 'v' or 'd' => throw new FormatException("printf has more places than values"),
                _ => throw new FormatException("printf takes %s, %d, %v and %%"),
            });
        }
        return next == arguments.Length ? made.ToString() : throw new FormatException("printf has more values than places");
    }
}
