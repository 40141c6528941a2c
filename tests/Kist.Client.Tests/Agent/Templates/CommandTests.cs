using Kist.Client.Agent.Templates;

namespace Kist.Client.Tests.Agent.Templates;

/// <summary>The command that is told of a changed file. Real programs.</summary>
public sealed class CommandTests : IDisposable
{
    private const string Password = """{{ with secret "secret/app" }}{{ .Data.data.password }}{{ end }}""";

    private readonly TemplateWorld world = new();

    public CommandTests() => world.Server.Write("app", "password", "one");

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task Command_runs_when_the_file_has_changed_and_only_then()
    {
        var config = WithCommand($"cat {world.Folder.At("a")} >> {world.Folder.At("seen")}");
        await File.WriteAllTextAsync(world.Folder.At("a"), "one");
        await using var templates = world.Templates(config);
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Status.Parts.Any(p => p.Part.StartsWith("template", StringComparison.Ordinal) && p.IsGood));
        Assert.Equal("", world.Read("seen"));
        world.Server.Write("app", "password", "two");
        await world.UntilAsync(() => world.Read("seen") == "two");
    }

    [Fact]
    public async Task Program_with_arguments_runs_without_a_shell()
    {
        var output = world.Folder.At("$(id)");
        await using var templates = world.Templates(world.To("a", Password) with { Exec = new TemplateCommand(["touch", output], TimeSpan.Zero) });
        await templates.RunAsync(true, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(File.Exists(output));
    }

    [Fact]
    public async Task Command_that_failed_is_run_again_although_the_file_is_written()
    {
        var config = WithCommand($"test -e {world.Folder.At("may")} && touch {world.Folder.At("done")}");
        await using var templates = world.Templates(config);
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Status.Parts.Any(p => p.Reason.Contains("the command failed with code 1", StringComparison.Ordinal)));
        Assert.Equal("one", world.Read("a"));
        await File.WriteAllTextAsync(world.Folder.At("may"), "");
        await world.UntilAsync(() => File.Exists(world.Folder.At("done")) && world.Status.Parts.All(p => p.IsGood), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Command_that_takes_too_long_is_killed_with_all_that_it_started()
    {
        var pid = world.Folder.At("pid");
        var config = WithCommand($"sleep 1000 & echo $! > {pid}; wait");
        await using var templates = world.Templates(config);
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("pid").EndsWith('\n'), TimeSpan.Zero);
        bool IsKilled() => world.Status.Parts.Any(p => p.Reason.Contains("the command was killed", StringComparison.Ordinal));
        await world.UntilAsync(IsKilled, TimeSpan.FromSeconds(1));
        await world.UntilAsync(() => IsGone(world.Read("pid").Trim()), TimeSpan.Zero);
    }

    private TemplateConfig WithCommand(string line) => world.To("a", Password) with { Exec = new TemplateCommand([line], TimeSpan.Zero) };

    // A killed process whose parent does not wait for it stays as a zombie.
    private static bool IsGone(string pid) =>
        !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] == 'Z';
}
