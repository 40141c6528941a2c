using System.Text;
using Kist.Commands.Cli;

namespace Kist.Commands.Arguments;

/// <summary>Text from standard input and files: strict UTF-8, because a byte that JSON cannot carry would be lost without a word.</summary>
internal sealed class InputText(Stream standardInput)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private bool used;

    /// <summary>All of standard input; only once in a command.</summary>
    /// <exception cref="ExitException">It is not text, or was read before.</exception>
    public string Standard()
    {
        if (used)
            throw ExitException.Usage("standard input (-) can be used for one value only");
        used = true;
        using var buffer = new MemoryStream();
        standardInput.CopyTo(buffer);
        return Decode(buffer.ToArray(), "standard input");
    }

    /// <summary>All of a file; <c>~/</c> is not expanded here, the shell does that.</summary>
    /// <exception cref="ExitException">It cannot be read or is not text.</exception>
    public static string FromFile(string path)
    {
        try
        {
            return Decode(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw ExitException.Usage($"cannot read the file \"{path}\": {e.Message}");
        }
    }

    private static string Decode(byte[] bytes, string origin)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw ExitException.Usage($"{origin} is not UTF-8 text; encode it first, for example with base64");
        }
    }
}
