using System.Text.Json;
using Kist.Crypto;

namespace Kist.Engines.Kv.V2.Rotation.Targets;

/// <summary>
/// Runs a program of the configured folder for each question: the question in JSON on standard input, <c>{"result":"yes"}</c> or
/// <c>{"result":"no"}</c> on standard output, exit code 0. Anything else means that nobody knows.
/// </summary>
internal static class ExecTarget
{
    /// <summary>Longest name of a program.</summary>
    public const int MaxName = 128;

    private const int MostBytes = 4096;
    private const int KindMask = 0xf000;
    private const int RegularFile = 0x8000;
    private const int Folder = 0x4000;
    private const int OthersWrite = 0x12;
    private const int OwnerRuns = 0x40;

    public static async ValueTask<TargetAnswer> AskAsync(string folder, string program, TargetCall call, CancellationToken cancellationToken)
    {
        if (Check(folder, program) is { } fault)
            return TargetAnswer.Unknown($"the program of the target {fault}");
        using var input = new SecretBuffer();
        using var output = new SecretBuffer();
        call.WriteTo(input);
        var code = await ExecProcess.RunAsync(Path.Combine(folder, program), input.WrittenMemory, output, MostBytes, cancellationToken);
        return code switch
        {
            null => TargetAnswer.Unknown($"the program of the target cannot be started or answers with more than {MostBytes} bytes"),
            0 => Read(output.Written),
            _ => TargetAnswer.Unknown($"the program of the target ended with code {code}"),
        };
    }

    /// <summary>What is wrong with a program; null when it may be run.</summary>
    public static string? Check(string folder, string program)
    {
        if (folder.Length == 0)
            return "cannot be run: the server's configuration names no folder (rotation, exec_folder)";
        if (program.Length is 0 or > MaxName || program[0] == '.' || !program.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            return "must be the plain name of a file";
        return CheckFile(folder, Folder, "the folder") ?? CheckFile(Path.Combine(folder, program), RegularFile, "the program");
    }

    /// <summary>Reads an answer.</summary>
    public static TargetAnswer Read(ReadOnlySpan<byte> output)
    {
        try
        {
            var reader = new Utf8JsonReader(output);
            if (JsonDocument.TryParseValue(ref reader, out var document))
            {
                using (document)
                {
                    var rest = output[(int)reader.BytesConsumed..].TrimStart(" \t\r\n"u8);
                    if (rest.IsEmpty && document.RootElement is { ValueKind: JsonValueKind.Object } answer
                        && answer.TryGetProperty("result", out var result) && result.ValueKind == JsonValueKind.String)
                    {
                        if (result.ValueEquals("yes"u8))
                            return TargetAnswer.Yes;
                        if (result.ValueEquals("no"u8))
                            return TargetAnswer.No("the program of the target says no");
                    }
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // As anything else that is no answer.
        }
        return TargetAnswer.Unknown("the program of the target gave no answer: it must write {\"result\":\"yes\"} or {\"result\":\"no\"}");
    }

    // Whoever can change it could run what he likes as the server.
    private static string? CheckFile(string path, int kind, string what)
    {
        if (ExecCalls.Status(ExecCalls.CurrentFolder, path, ExecCalls.NotThroughLinks, ExecCalls.BasicStats, out var status) != 0)
            return $"cannot be run: {what} is not there";
        if ((status.Mode & KindMask) != kind)
            return $"cannot be run: {what} is {(kind == Folder ? "no folder" : "no regular file")}";
        if (status.User != 0 && status.User != ExecCalls.EffectiveUser())
            return $"cannot be run: {what} belongs neither to root nor to the server's user";
        if ((status.Mode & OthersWrite) != 0)
            return $"cannot be run: {what} can be changed by others; run: chmod go-w";
        return kind == RegularFile && (status.Mode & OwnerRuns) == 0 ? "cannot be run: it is not executable" : null;
    }
}
