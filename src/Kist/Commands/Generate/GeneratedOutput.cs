using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Commands.Cli;
using Kist.Commands.Encryption.Files;
using Kist.Commands.Rendering;
using Kist.Core;
using Kist.Core.Generating;

namespace Kist.Commands.Generate;

/// <summary>Shows what was generated, or puts it into files.</summary>
internal static class GeneratedOutput
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>
    /// Shows a secret: a program gets the bare text, without a line end when it is one line, so that it can go on as another command's input.
    /// </summary>
    /// <returns>The exit code.</returns>
    public static Task<int> ShowAsync(Invocation call, Outcome<GeneratedSecret> outcome)
    {
        using var secret = Demand(outcome);
        var output = call.Output;
        if (output.Field is { } field)
            return Task.FromResult(output.ShowField(Document(secret).TryGetProperty(field, out var value) ? value : null));
        if (!output.IsTable)
            return Task.FromResult(output.Document(Document(secret), static () => ""));
        output.Write(string.Concat(secret.Fields.Select(f => Line(f, always: secret.Fields.Count > 1 || call.Host.OutputIsTerminal))));
        if (secret.EntropyBits is { } bits && call.Host.OutputIsTerminal)
            call.Host.Tell($"Entropy: {Bits(bits).ToString(CultureInfo.InvariantCulture)} bits");
        return Task.FromResult(ExitCode.Done);
    }

    /// <summary>Writes a key pair into a file of its owner's alone and one with <c>.pub</c> after the name.</summary>
    /// <returns>The exit code.</returns>
    public static int WriteFiles(Invocation call, string file, Func<Outcome<GeneratedSecret>> generate)
    {
        var (privateFile, publicFile) = (new GuardedFile(file), new GuardedFile(file + ".pub"));
        // Neither a public key without its private one, nor the other way round.
        if (new[] { privateFile, publicFile }.FirstOrDefault(f => f.Exists) is { } existing)
            throw ExitException.Failed($"{existing.Given} exists and is not overwritten: move it away, or name another file");
        using var secret = Demand(generate());
        privateFile.Create(secret.Find("private_key")!.Utf8);
        publicFile.Create(Encoding.UTF8.GetBytes(Line(secret.Fields[1], always: true)));
        File.SetUnixFileMode(publicFile.Path, ForAll);
        return call.Output.Success($"Wrote the private key to {file} and the public key to {file}.pub");
    }

    /// <summary>A number that a field can hold; what is too large for it is out of any range too.</summary>
    public static int? Whole(long? number) => number is { } value ? (int)Math.Clamp(value, int.MinValue, int.MaxValue) : null;

    private static GeneratedSecret Demand(Outcome<GeneratedSecret> outcome)
    {
        if (outcome.Succeeded)
            return outcome.Value;
        throw outcome.Failure.Kind == FailureKind.Unavailable
            ? ExitException.Failed(outcome.Failure.Message)
            : ExitException.Usage(outcome.Failure.Message);
    }

    private static JsonElement Document(GeneratedSecret secret)
    {
        var document = new JsonObject();
        foreach (var field in secret.Fields)
            document[field.Name] = field.Value.Reveal();
        if (secret.EntropyBits is { } bits)
            document["entropy_bits"] = Bits(bits);
        return JsonText.ToElement(document);
    }

    // Rounded down: no bit is promised that is not there.
    private static double Bits(double bits) => Math.Floor(bits * 10) / 10;

    private static string Line(GeneratedField field, bool always)
    {
        var text = field.Value.Reveal();
        return always && !text.EndsWith('\n') ? text + "\n" : text;
    }
}
