using Kist.Client.Agent;
using Kist.Client.Agent.Exec;
using Kist.Client.Agent.Templates;

namespace Kist.Client.Tests.Agent.Exec;

/// <summary>Real programs with values of a fake server.</summary>
public sealed class AgentExecTests : IDisposable
{
    private readonly TemplateWorld world = new();

    public AgentExecTests()
    {
        world.Server.Write("app", "password", "marked-one");
        world.Server.Write("web", "key", "marked-key");
    }

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task Program_gets_the_values_in_its_environment_and_its_code_is_the_agents()
    {
        await using var exec = Exec("printf '%s %s' \"$PASSWORD\" \"$KEY\" > out; exit 7");
        var running = exec.RunAsync(static () => { }, CancellationToken.None);
        await world.UntilAsync(() => running.IsCompleted);
        Assert.Equal(7, await running);
        Assert.Equal("marked-one marked-key", world.Read("out"));
        Assert.False(Environment.GetEnvironmentVariables().Contains("PASSWORD"));
        Assert.DoesNotContain(world.Log, l => l.Contains("marked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Change_stops_the_program_and_starts_it_anew_once()
    {
        await using var exec = Exec("trap 'echo stopped >> out; exit 0' TERM; echo \"$PASSWORD $KEY\" >> out; while :; do sleep 0.05; done");
        await using var running = Running.Begin(stop => exec.RunAsync(static () => { }, stop));
        await world.UntilAsync(() => world.Read("out") == "marked-one marked-key\n");
        world.Server.Write("app", "password", "marked-two");
        await world.UntilAsync(() => world.Read("out") == "marked-one marked-key\nstopped\nmarked-two marked-key\n");
        Assert.Contains(KeyValuePair.Create("kist_agent_exec_restarts_total", 1L), world.Status.Counts);
        await running.StopAsync();
        await world.UntilAsync(() => running.Task.IsCompleted);
        Assert.Equal("marked-one marked-key\nstopped\nmarked-two marked-key\nstopped\n", world.Read("out"));
    }

    [Fact]
    public async Task Program_that_does_not_stop_is_killed()
    {
        await using var exec = Exec("trap '' TERM; echo \"$PASSWORD\" >> out; while :; do sleep 0.05; done");
        await using var running = Running.Begin(stop => exec.RunAsync(static () => { }, stop));
        await world.UntilAsync(() => world.Read("out") == "marked-one\n");
        world.Server.Write("app", "password", "marked-two");
        await world.UntilAsync(() => world.Read("out") == "marked-one\nmarked-two\n", TimeSpan.FromSeconds(1));
        Assert.Contains(world.Log, l => l.Contains("killing it", StringComparison.Ordinal));
        await running.StopAsync();
        await world.UntilAsync(() => running.Task.IsCompleted, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Program_that_is_not_to_be_restarted_goes_on()
    {
        await using var exec = Exec("echo \"$PASSWORD\" >> out; while :; do sleep 0.05; done", "never");
        await using var running = Running.Begin(stop => exec.RunAsync(static () => { }, stop));
        await world.UntilAsync(() => world.Read("out") == "marked-one\n");
        var reads = world.Server.Count("GET secret/data/app");
        world.Server.Write("app", "password", "marked-two");
        await world.UntilAsync(() => world.Server.Count("GET secret/data/app") > reads);
        await world.PassAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("marked-one\n", world.Read("out"));
    }

    [Fact]
    public async Task Change_that_cannot_be_read_leaves_the_program_alone()
    {
        await using var exec = Exec("echo \"$PASSWORD\" >> out; while :; do sleep 0.05; done");
        await using var running = Running.Begin(stop => exec.RunAsync(static () => { }, stop));
        await world.UntilAsync(() => world.Read("out") == "marked-one\n");
        world.Server.On("GET secret/data/app", 500, """{"errors":["broken"]}""");
        world.Server.Write("app", "password", "marked-two");
        await world.UntilAsync(() => world.Status.Parts.Any(p => p is { Part: "env_template", IsGood: false, HasBeenGood: true }));
        Assert.Equal("marked-one\n", world.Read("out"));
    }

    [Fact]
    public void Missing_program_and_faulty_template_are_told_before_anything_runs()
    {
        Assert.Contains("command not found", Refusal("no-such-program", "x"), StringComparison.Ordinal);
        Assert.StartsWith("template of X: line 1, column 4: ", Refusal("sh", "{{ nosuch }}"), StringComparison.Ordinal);
    }

    private string Refusal(string program, string template) => Assert.Throws<AgentException>(() => new AgentExec(
        new ExecConfig { Command = [program] },
        [new EnvTemplateConfig("X", new TemplateConfig { Contents = template })],
        new(), world.Client, world.Token, world.Status, world.Note, world.Environment)).Message;

    private AgentExec Exec(string script, string restarts = "always") => new(
        new ExecConfig { Command = ["sh", "-c", $"cd {world.Folder.Path}; {script}"], RestartOnSecretChanges = restarts },
        [Variable("PASSWORD", "app", "password"), Variable("KEY", "web", "key")],
        new(), world.Client, world.Token, world.Status, world.Note, world.Environment);

    private static EnvTemplateConfig Variable(string name, string secret, string field) =>
        new(name, new TemplateConfig { Contents = $$$"""{{ with secret "secret/{{{secret}}}" }}{{ .Data.data.{{{field}}} }}{{ end }}""" });
}
