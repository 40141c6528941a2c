using System.Diagnostics;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands;

public sealed class CompletionTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    [Theory]
    [InlineData("st", "status")]
    [InlineData("kv met", "metadata")]
    [InlineData("kv metadata p", "patch put")]
    [InlineData("kv un", "undelete")]
    [InlineData("read -fo", "-format=")]
    [InlineData("read --fi", "--field=")]
    [InlineData("read -format=", "-format=json -format=raw -format=table -format=yaml")]
    [InlineData("read -format=j", "-format=json")]
    [InlineData("read -format t", "table")]
    [InlineData("write -for", "-force -format=")]
    [InlineData("generate p", "passphrase password")]
    [InlineData("generate ssh -type=e", "-type=ecdsa -type=ed25519")]
    [InlineData("nonsense x", "")]
    [InlineData("kv nonsense x", "")]
    [InlineData("read -field ", "")]
    [InlineData("__", "")]
    public async Task Commands_flags_and_choices_are_completed(string line, string candidates) =>
        Assert.Equal(candidates, await CompleteAsync(line.Split(' ')));

    [Fact]
    public async Task All_commands_are_offered_at_the_start()
    {
        var candidates = await CompleteAsync("");
        Assert.Contains("read", candidates);
        Assert.DoesNotContain("__", candidates);
    }

    [Fact]
    public async Task Mounts_are_completed_first()
    {
        cli.Server.On("GET sys/internal/ui/mounts", 200, """
            {"data":{"secret":{"secret/":{"type":"kv"},"transit/":{"type":"transit"}},"auth":{"token/":{"type":"token"}}}}
            """);
        Assert.Equal("secret/", await CompleteAsync("kv", "get", "s"));
        Assert.Equal("auth/token/ secret/ transit/", await CompleteAsync("read", ""));
    }

    [Fact]
    public async Task Secrets_are_completed_below_their_mount()
    {
        cli.Server.On("GET sys/internal/ui/mounts/secret/app/", 200, Answers.Mount2).On("GET sys/internal/ui/mounts/secret", 200, Answers.Mount2)
            .On("GET secret/metadata/app?list=true", 200, """{"data":{"keys":["db","dc/","x"]}}""")
            .On("GET sys/internal/ui/mounts/secret/app", 200, Answers.Mount2)
            .On("GET secret/metadata?list=true", 200, """{"data":{"keys":["app/"]}}""");
        Assert.Equal("secret/app/db secret/app/dc/", await CompleteAsync("kv", "get", "secret/app/d"));
        Assert.Equal("app/", await CompleteAsync("kv", "get", "-mount=secret", "a"));
    }

    [Theory]
    [InlineData("kv", "get", "secret/a")]
    [InlineData("read", "-address=nonsense", "x")]
    [InlineData("read", "-unknown", "x")]
    public async Task What_goes_wrong_is_no_candidate_and_no_message(params string[] words)
    {
        cli.Server.Refuse("GET sys/internal/ui/mounts/secret");
        var result = await cli.RunAsync(["__complete", .. words]);
        Assert.Equal((0, "", ""), (result.Code, result.Output, result.Error));
    }

    [Theory]
    [InlineData("kist kv get -format=j", "json")]
    [InlineData("kist kv get -mount=secret ap", "kv+get+-mount=secret+ap")]
    [InlineData("kist st", "st")]
    public async Task The_bash_script_passes_whole_words_and_keeps_what_bash_cut(string line, string expected)
    {
        var script = (await cli.RunAsync("completion", "bash")).Output;

        // The program is replaced by one that answers the words it got, but for the value of a flag, which bash must cut itself.
        var test = $$"""
            kist() { shift; [[ "${*: -1}" == *= || "${*: -1}" == -format* ]] && echo -format=json || { local IFS='+'; echo "$*"; }; }
            {{script}}
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}}
            if [[ $COMP_LINE == *=j ]]; then COMP_WORDS=(kist kv get -format = j); else COMP_WORDS=($COMP_LINE); fi
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            compopt() { :; }
            _kist_complete
            echo "${COMPREPLY[*]}"
            """;
        Assert.Equal(expected, (await ShellAsync("bash", test)).TrimEnd('\n'));
    }

    [Fact]
    public async Task A_name_that_somebody_else_chose_stays_one_word_and_is_not_run_by_bash()
    {
        string[] hostile =
        [
            "secret/$(touch pwned)", "secret/;touch pwned;", "secret/`touch pwned`", "secret/a b&", "secret/it's|x", "secret/\"q\"", "secret/back\\slash",
            "secret/*", "secret/>pwned", "secret/#", "secret/!!", "secret/plain", "secret/dir;x/", "secret/k\u00e9",
        ];
        using var folder = new TemporaryFolder();
        folder.File("names", string.Join('\n', hostile) + "\n");
        var script = (await cli.RunAsync("completion", "bash")).Output;

        // What bash would put on the line for each candidate, run as the user does when he presses Enter.
        var test = $$"""
            cd '{{folder.Path}}'
            kist() { [[ $1 == __complete ]] && cat names || printf '<%s>\n' "${@:3}"; }
            {{script}}
            compopt() { :; }
            COMP_LINE='kist kv get secret/' COMP_POINT=19 COMP_WORDS=(kist kv get secret/) COMP_CWORD=3
            _kist_complete
            for inserted in "${COMPREPLY[@]}"; do eval "kist kv get $inserted"; done
            """;
        Assert.Equal(hostile.Select(n => $"<{n}>"), (await ShellAsync("bash", test)).TrimEnd('\n').Split('\n'));
        Assert.Equal(["names"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(@"kist kv get secret/dir\;x/", @"secret/dir\;x/", "kv|get|secret/dir;x/")]
    [InlineData(@"kist kv get secret/a\ b", @"secret/a\ b", "kv|get|secret/a b")]
    [InlineData(@"kist kv get secret/a\ ", @"secret/a\ ", "kv|get|secret/a ")]
    [InlineData(@"kist kv get -mount=a\ b", @"a\ b", "kv|get|-mount=a b")]
    public async Task What_bash_quoted_is_asked_for_without_the_quotes(string line, string current, string expected)
    {
        var script = (await cli.RunAsync("completion", "bash")).Output;
        var test = $$"""
            kist() { shift; (IFS='|'; echo "$*" >&3); }
            {{script}}
            compopt() { :; }
            COMP_LINE='{{line}}' COMP_POINT={{line.Length}} COMP_WORDS=(kist '{{current}}') COMP_CWORD=1
            _kist_complete 3>&1
            """;
        Assert.Equal(expected, (await ShellAsync("bash", test)).TrimEnd('\n'));
    }

    [Fact]
    public async Task A_name_that_would_be_two_lines_or_move_the_cursor_is_not_offered()
    {
        cli.Server.On("GET kv1/?list=true", 200, """{"data":{"keys":["good","a\nb","\u001b[2J"]}}""");
        Assert.Equal("kv1/good", await CompleteAsync("read", "kv1/"));
    }

    [Theory]
    [InlineData("zsh", "compdef _vault vault")]
    [InlineData("fish", "complete -c vault")]
    [InlineData("bash", "complete -F _vault_complete vault")]
    public async Task Every_shell_has_a_script_for_the_name_that_we_were_called_by(string shell, string line) =>
        Assert.Contains(line, (await cli.CalledAs("vault").RunAsync("completion", shell)).Output);

    public void Dispose() => cli.Dispose();

    private static async Task<string> ShellAsync(string shell, string script)
    {
        var start = new ProcessStartInfo(shell, ["-c", script])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal("", error);
        return output;
    }

    private async Task<string> CompleteAsync(params string[] words) =>
        (await cli.RunAsync(["__complete", .. words])).Output.TrimEnd('\n').Replace('\n', ' ');
}
