using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Crypto;
using Kist.Engines.Kv;
using Kist.Engines.Kv.V2.Rotation.Targets;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>Programs as targets: real ones, of a folder of their own.</summary>
public sealed class ExecTargetTests : IDisposable
{
    private const UnixFileMode Runs = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string folder = Directory.CreateTempSubdirectory("kist-exec-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_program_is_asked_and_answers_in_json()
    {
        Program("hook", """cat >> "$(dirname "$0")/asked"; echo >> "$(dirname "$0")/asked"; env > "$(dirname "$0")/env"; echo '{"result":"yes"}'""");
        await using var bed = await RotationBed.StartAsync(new RotationSettings { ExecFolder = folder });
        await bed.SetAsync("""{"period":"24h","target":{"type":"exec","program":"hook"}}""").Ok();
        await bed.RotateAsync().Ok();
        var lines = await File.ReadAllLinesAsync(Path.Combine(folder, "asked"));
        var asked = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["apply new old", "retire new old"], asked.Select(HookServer.Action));
        Assert.Equal(await bed.PasswordAsync(), asked[0].GetProperty("new").Text("password"));
        var variables = (await File.ReadAllLinesAsync(Path.Combine(folder, "env"))).Select(line => line.Split('=')[0]);
        // The others are the shell's own.
        Assert.Equal(["LANG", "PATH"], variables.Except(["PWD", "SHLVL", "_", "OLDPWD"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_a_program_says_is_not_repeated_and_its_code_counts()
    {
        Program("hook", "cat; exit 3");
        await using var bed = await RotationBed.StartAsync(new RotationSettings { ExecFolder = folder });
        await bed.SetAsync("""{"period":"24h","target":{"type":"exec","program":"hook"}}""").Ok();
        var failure = await bed.RotateAsync().Fails(FailureKind.Unavailable);
        Assert.StartsWith("the program of the target ended with code 3; it is tried again", failure.Message, StringComparison.Ordinal);
        Assert.Equal("first", await bed.PasswordAsync());
    }

    [Theory]
    [InlineData("../hook", "must be the plain name of a file")]
    [InlineData(".hook", "must be the plain name of a file")]
    [InlineData("", "must be the plain name of a file")]
    [InlineData("missing", "is not there")]
    [InlineData("link", "no regular file")]
    [InlineData("sub", "no regular file")]
    [InlineData("open", "can be changed by others")]
    [InlineData("plain", "not executable")]
    public void A_program_that_others_could_have_put_there_is_not_run(string name, string reason)
    {
        Program("hook", "true");
        Directory.CreateDirectory(Path.Combine(folder, "sub"));
        File.CreateSymbolicLink(Path.Combine(folder, "link"), Path.Combine(folder, "hook"));
        File.SetUnixFileMode(Program("open", "true"), Runs | UnixFileMode.OtherWrite);
        File.SetUnixFileMode(Program("plain", "true"), UnixFileMode.UserRead);
        Assert.Null(ExecTarget.Check(folder, "hook"));
        Assert.Contains(reason, ExecTarget.Check(folder, name), StringComparison.Ordinal);
        File.SetUnixFileMode(folder, Runs | UnixFileMode.GroupWrite);
        Assert.Contains("the folder can be changed by others", ExecTarget.Check(folder, "hook"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_takes_too_long_ends_with_its_children()
    {
        var path = Program("hook", $"cd {folder}; sleep 1000 & echo $! > child.tmp; mv child.tmp child; wait");
        using var stop = new CancellationTokenSource();
        using var output = new SecretBuffer();
        var running = ExecProcess.RunAsync(path, "{}"u8.ToArray(), output, 100, stop.Token);
        var noted = Path.Combine(folder, "child");
        await Core.Tests.Storage.Eventually.HoldsAsync(() => File.Exists(noted));
        var child = int.Parse(await File.ReadAllTextAsync(noted), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(IsAlive(child));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Core.Tests.Storage.Eventually.HoldsAsync(() => !IsAlive(child));
    }

    [Fact]
    public async Task A_program_that_writes_without_end_is_ended_and_one_that_reads_nothing_is_not_waited_for()
    {
        using var output = new SecretBuffer();
        Assert.Null(await ExecProcess.RunAsync(Program("loud", "yes"), default, output, 4096, default));
        using var silent = new SecretBuffer();
        Assert.Equal(0, await ExecProcess.RunAsync(Program("deaf", "exec true"), new byte[1 << 20], silent, 4096, default));
    }

    [Fact]
    public void Only_the_two_words_are_answers() =>
        Prop.ForAll(
            Arb.From(Gen.Elements("{", "}", "\"result\"", ":", "\"yes\"", "\"no\"", " ", "\n", "1", "null", "[", "\"\\ud800\"", "\u0000", ",")
                .ListOf().Select(string.Concat)),
            text =>
            {
                var plain = string.Concat(text.Where(c => c is not (' ' or '\n')));
                var answer = ExecTarget.Read(Encoding.UTF8.GetBytes(text)).Reply;
                var word = answer == Reply.Yes ? "yes" : "no";
                return answer == Reply.Unknown || plain.Contains($"\"result\":\"{word}\"", StringComparison.Ordinal);
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("""{"result":"yes"}""", "Yes")]
    [InlineData(" {\"result\":\"no\",\"why\":1}\n", "No")]
    [InlineData("""{"result":"yes"} x""", "Unknown")]
    [InlineData("""{"result":"YES"}""", "Unknown")]
    [InlineData("", "Unknown")]
    public void Answers_are_read(string text, string reply) => Assert.Equal(reply, ExecTarget.Read(Encoding.UTF8.GetBytes(text)).Reply.ToString());

    private static bool IsAlive(int id)
    {
        try
        {
            // A zombie counts as dead: nobody in a container may be there to reap it.
            return !File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].TrimStart().StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private string Program(string name, string script)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, Runs);
        return path;
    }
}
