using System.Text;
using System.Text.Json;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Kubernetes.Encryption;

namespace Kist.Commands.Encryption;

/// <summary><c>encryption init, lint, explain, backup, restore, rotate, rewrite</c>: the file by which API servers encrypt what they store.</summary>
internal static class EncryptionCommands
{
    public static CommandGroup Group => new("encryption", static () =>
    [
        InitCommand.Init, LintCommand.Lint, ExplainCommand.Explain, BackupCommand.Backup, RestoreCommand.Restore,
        RotateCommand.Rotate, RewriteCommand.Rewrite,
    ])
    {
        About = "Works with the EncryptionConfiguration of Kubernetes' API servers.",
    };

    /// <summary>A configuration's text from its file, or from standard input (<c>-</c>).</summary>
    /// <exception cref="ExitException">It cannot be read or is not text.</exception>
    public static string Text(Invocation call, string path) => path == "-" ? call.Input.Standard() : Decode(new GuardedFile(path));

    /// <summary>The configuration, if the API server takes it.</summary>
    /// <exception cref="ExitException">It does not.</exception>
    public static EncryptionConfiguration Load(string path, string text, LintFacts facts)
    {
        var loaded = ConfigurationFile.Load(text, facts);
        return loaded.Succeeded
            ? loaded.Value
            : throw ExitException.Failed($"the API server refuses {path}: {loaded.Failure.Message}; kist encryption lint {path} tells all");
    }

    /// <summary>A document that something writes.</summary>
    public static JsonElement Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            write(writer);
        return JsonElement.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static string Decode(GuardedFile file)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(file.Read());
        }
        catch (DecoderFallbackException)
        {
            throw ExitException.Failed($"{file.Given} is not UTF-8 text");
        }
    }
}
