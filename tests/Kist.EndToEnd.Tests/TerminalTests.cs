using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>What a person at a real terminal sees, by a pseudo-terminal.</summary>
public sealed class TerminalTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private WatchedServer watched = null!;
    private InitializedServer keys = null!;

    public async Task InitializeAsync() => (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions());

    public Task DisposeAsync() => watched.DisposeAsync().AsTask();

    [FactNeeding(Need.Python)]
    public async Task Share_that_is_typed_is_not_shown_even_if_it_comes_with_the_prompt()
    {
        await watched.Server.RestartAsync();
        var seen = await TypeAsync("(will be hidden): ", $"x\x7f{keys.Keys[0]}\r", "operator", "unseal");
        Assert.Equal(0, seen.Status);
        Assert.Matches("Unseal Progress +1/2", seen.Shown);
        Assert.DoesNotContain(keys.Keys[0][..8], seen.Shown);
        Assert.DoesNotContain("x\x7f", seen.Shown);
        Assert.True(seen.Echoes, "the terminal does not echo any more");
    }

    [FactNeeding(Need.Python)]
    public async Task Interrupting_the_question_ends_it_and_leaves_the_terminal_as_it_was()
    {
        var seen = await TypeAsync("(will be hidden): ", "abc\x03", "operator", "unseal");
        Assert.Equal(130, seen.Status);
        Assert.DoesNotContain("abc", seen.Shown);
        Assert.True(seen.Echoes, "the terminal does not echo any more");
    }

    [FactNeeding(Need.Python)]
    public async Task What_others_stored_does_not_reach_the_terminal_as_a_command()
    {
        (await watched.Api.WriteAsync("sys/mounts/kv", new { type = "kv" })).Good();
        (await watched.Api.WriteAsync("kv/a", new { value = "\x1b]0;owned\a" })).Good();
        Assert.Contains(@"\x1b]0;owned\x07", (await TypeAsync("no prompt", "", "read", "-field=value", "kv/a")).Shown);
        Assert.Contains(@"Warning: ", (await TypeAsync("no prompt", "", "write", "auth/token/create", "ttl=1m", "\x1b[2J=1")).Shown);
        Assert.DoesNotContain("\x1b[2J", (await TypeAsync("no prompt", "", "write", "auth/token/create", "ttl=1m", "\x1b[2J=1")).Shown);
    }

    private async Task<Seen> TypeAsync(string prompt, string typed, params string[] arguments)
    {
        var script = Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", "terminal.py");
        var cli = new Cli(Machine.Python, Path.Combine(watched.Server.Home, "user"), watched.Server.Address, watched.Server.AuthorityFile);
        cli.Environment["KIST_TOKEN"] = keys.RootToken;
        cli.Environment["TERM"] = "xterm";
        var ended = await cli.TryAsync(typed, [script, prompt, BuiltProgram.Path, .. arguments]).WaitAsync(Patience);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        var seen = JsonElement.Parse(ended.Output);
        return new Seen(seen.GetProperty("shown").GetString()!, seen.GetProperty("status").GetInt32(), seen.GetProperty("echoes").GetBoolean());
    }

    // Escape sequences with which the runtime sets the terminal up are its own.
    private sealed record Seen(string Shown, int Status, bool Echoes);
}
