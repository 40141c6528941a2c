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
    [InlineData("kist kv get -mount=secret ap", "kv|get|-mount=secret|ap")]
    [InlineData("kist st", "st")]
    public async Task The_bash_script_passes_whole_words_and_keeps_what_bash_cut(string line, string expected)
    {
        var script = (await cli.RunAsync("completion", "bash")).Output;

        // The program is replaced by one that answers the words it got, but for the value of a flag, which bash must cut itself.
        var test = $$"""
            kist() { shift; [[ "${*: -1}" == *= || "${*: -1}" == -format* ]] && echo -format=json || { local IFS='|'; echo "$*"; }; }
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
