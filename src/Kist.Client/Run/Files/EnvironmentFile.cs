using System.Buffers;
using System.Text;
using Kist.Crypto;

namespace Kist.Client.Run.Files;

/// <summary>
/// The content that <c>@SUMMONENVFILE</c> stands for: sorted lines <c>NAME=value</c>, as <c>docker run --env-file</c> takes them; values with white
/// space, quotes or backslashes are between quotes, as Go writes them.
/// </summary>
public static class EnvironmentFile
{
    /// <summary>What stands for the file's path in the command's arguments.</summary>
    public const string Placeholder = "@SUMMONENVFILE";

    private static readonly SearchValues<byte> Special = SearchValues.Create(" \t\r\n\"'\\"u8);

    /// <summary>Writes the content.</summary>
    public static void Write(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> variables, SecretBuffer output)
    {
        foreach (var (name, value) in variables.OrderBy(static v => v.Key, StringComparer.Ordinal))
        {
            Append(output, Encoding.UTF8.GetBytes(name + "="));
            if (value.Span.ContainsAny(Special))
                GoQuoting.Write(value.Span, output);
            else
                Append(output, value.Span);
            Append(output, "\n"u8);
        }
    }

    private static void Append(SecretBuffer output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }
}
