using Kist.Client.Agent;
using Kist.Client.Agent.Templates;
using Kist.Crypto;

namespace Kist.Client.Tests.Agent.Templates;

/// <summary>Templates from the server's answers to files on disk, and again.</summary>
public sealed class AgentTemplatesTests : IDisposable
{
    private const string Password = """{{ with secret "secret/app" }}{{ .Data.data.password }}{{ end }}""";

    private readonly TemplateWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task File_follows_the_secret_by_the_servers_notice()
    {
        world.Server.Write("app", "password", "marked-one");
        await using var templates = world.Templates(world.To("a", Password), world.To("b", $"again {Password}"));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "marked-one" && world.Read("b") == "again marked-one");
        // Once for both, and the mount once.
        Assert.Equal(1, world.Server.Count("GET secret/data/app"));
        Assert.Equal(1, world.Server.Count("GET sys/internal/ui/mounts/secret/app"));

        world.Server.Write("app", "password", "marked-two");
        await world.UntilAsync(() => world.Read("a") == "marked-two" && world.Read("b") == "again marked-two");
        var last = world.Server.Requests.Last(r => r.Line == "GET secret/data/app");
        Assert.Equal("102", last.Header("X-Vault-Index"));
        Assert.Equal("first", last.Header("X-Vault-Token"));
        Assert.True(world.Status.Parts.Single(p => p.Part == $"template {world.Folder.At("a")}").IsGood);
        Assert.DoesNotContain(world.Log, l => l.Contains("marked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Changes_that_were_lost_are_read_again()
    {
        world.Server.Write("app", "password", "one");
        await using var templates = world.Templates(world.To("a", Password));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "one" && IsListening("secret/data/app"));
        world.Server.Write("app", "password", "two", tells: false);
        world.Server.HasLost = true;
        world.Server.Wake();
        await world.UntilAsync(() => world.Read("a") == "two");
    }

    [Fact]
    public async Task All_is_not_read_again_at_once_when_changes_were_lost_since_every_agent_would()
    {
        world.Server.Write("app", "password", "one");
        await using var templates = world.Templates(world.To("a", Password));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "one" && IsListening("secret/data/app"));
        world.Server.Write("app", "password", "two", tells: false);
        world.Server.HasLost = true;
        world.Server.Wake();
        for (var i = 0; i < 3000 && world.Server.HasLost; i++)
            await Task.Delay(5);
        await Task.Delay(100);
        // No time has gone by on the agent's clock.
        Assert.Equal(1, world.Server.Count("GET secret/data/app"));
        await world.UntilAsync(() => world.Read("a") == "two");
    }

    [Fact]
    public async Task Change_between_the_first_read_and_the_question_for_changes_is_not_missed()
    {
        var held = new TaskCompletionSource();
        var reads = 0;
        world.Server.Write("app", "password", "one");
        world.Server.Write("other", "password", "one");
        world.Server.Before = r => r.Line == "GET secret/data/app" ? held.Task : Task.CompletedTask;
        world.Server.On("GET secret/data/app", _ =>
        {
            if (Interlocked.Increment(ref reads) > 1)
                return (200, """{"data":{"data":{"password":"two"},"metadata":{"version":2}}}""");
            // Behind this answer it changes, which nobody listens for yet; and so does what is listened for, which is heard before.
            world.Server.Write("app", "password", "two");
            world.Server.Write("other", "password", "two");
            return (200, """{"data":{"data":{"password":"one"},"metadata":{"version":1}}}""");
        });
        var other = """{{ with secret "secret/other" }}{{ .Data.data.password }}{{ end }}""";
        await using var templates = world.Templates(world.To("a", Password), world.To("b", other));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("b") == "one" && IsListening("secret/data/other"));
        held.SetResult();
        await world.UntilAsync(() => world.Read("a") == "two" && world.Read("b") == "two");
    }

    [Fact]
    public async Task Failure_that_nobody_foresaw_ends_no_agent_and_is_told_without_its_values()
    {
        world.Server.Write("app", "path", "/marked\0");
        await using var templates = world.Templates(
            world.To("a", """{{ with secret "secret/app" }}{{ "x" | writeToFile .Data.data.path "" "" "0600" }}{{ end }}"""));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Status.Parts.Any(p => p.Reason.Contains("unexpected failure (ArgumentException)", StringComparison.Ordinal)));
        Assert.DoesNotContain(world.Log, l => l.Contains("marked", StringComparison.Ordinal));
        Assert.False(running.Task.IsCompleted);
        world.Server.Write("app", "path", world.Folder.At("out"));
        await world.UntilAsync(() => world.Read("out") == "x" && world.Status.Parts.All(p => p.IsGood));
    }

    [Fact]
    public async Task Server_that_tells_of_no_changes_is_asked_from_time_to_time()
    {
        world.Server.Watches = false;
        world.Server.Write("app", "password", "one");
        await using var templates = world.Templates(world.To("a", Password));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "one");
        world.Server.Write("app", "password", "two");
        await world.PassAsync(TimeSpan.FromMinutes(4));
        Assert.Equal("one", world.Read("a"));
        await world.UntilAsync(() => world.Read("a") == "two", TimeSpan.FromSeconds(10));
        Assert.Contains(world.Log, l => l.Contains("tells of no changes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_the_server_is_away_the_last_file_stands_and_the_status_says_so()
    {
        world.Server.Write("app", "password", "one");
        await using var templates = world.Templates(world.To("a", Password));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "one" && IsListening("secret/data/app"));
        world.Server.IsAway = true;
        world.Server.Wake();
        await world.UntilAsync(() => world.Status.Parts.Any(p => p is { Part: "watch", IsGood: false, HasBeenGood: true }));
        Assert.Equal("one", world.Read("a"));
        world.Server.IsAway = false;
        world.Server.Write("app", "password", "two");
        await world.UntilAsync(() => world.Read("a") == "two" && world.Status.Parts.All(p => p.IsGood));
    }

    [Fact]
    public async Task Secret_that_is_not_there_yet_is_tried_again_and_the_reason_told()
    {
        await using var templates = world.Templates(world.To("a", Password));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Status.Parts.Any(p => p.Reason.Contains("secret/app: there is no such secret", StringComparison.Ordinal)));
        Assert.False(File.Exists(world.Folder.At("a")));
        world.Server.Write("app", "password", "late");
        await world.UntilAsync(() => world.Read("a") == "late", TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Refused_token_is_doubted_and_the_next_one_used_at_once()
    {
        world.Server.Write("app", "password", "one");
        world.Server.On("GET secret/data/app", r => r.Header("X-Vault-Token") == "second"
            ? (200, """{"data":{"data":{"password":"mine"},"metadata":{"version":1}}}""")
            : (403, """{"errors":["permission denied"]}"""));
        await using var templates = world.Templates(world.To("a", Password));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.Token.DoubtedAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        world.Token.Set(new SecretText("second"));
        await world.UntilAsync(() => world.Read("a") == "mine");
    }

    [Fact]
    public async Task Once_ends_when_all_is_rendered_and_keeps_the_leases()
    {
        world.Server.On("GET database/creds/app", 200, Lease("l1", 3600));
        await using (var templates = world.Templates(world.To("a", """{{ with secret "database/creds/app" }}{{ .Data.user }}{{ end }}""")))
            await templates.RunAsync(true, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("u-l1", world.Read("a"));
        Assert.Equal(0, world.Server.Count("PUT sys/leases/revoke"));
    }

    [Fact]
    public async Task Leases_end_with_the_agent()
    {
        world.Server.On("GET database/creds/app", 200, Lease("l1", 3600)).On("PUT sys/leases/revoke", 204);
        await using (var templates = world.Templates(world.To("a", """{{ with secret "database/creds/app" }}{{ .Data.user }}{{ end }}""")))
        {
            await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
            await world.UntilAsync(() => world.Read("a") == "u-l1");
        }
        Assert.Equal("""{"lease_id":"l1"}""", Assert.Single(world.Server.Requests, r => r.Line == "PUT sys/leases/revoke").Body);
        Assert.DoesNotContain(world.Log, l => l.Contains("l1", StringComparison.Ordinal));
    }

    [Fact]
    public void Faulty_templates_are_all_told_before_anything_runs_with_their_places()
    {
        var file = world.Folder.File("bad.ctmpl", "line\n  {{ nosuch }}");
        var fault = Assert.Throws<AgentException>(() => world.Templates(
            new TemplateConfig { Source = file, Destination = "/x" },
            new TemplateConfig { Contents = "{{ if }}", Destination = "/y" },
            new TemplateConfig { Source = world.Folder.At("none"), Destination = "/z" }));
        var lines = fault.Message.Split('\n');
        Assert.StartsWith($"{file}: line 2, column 6: ", lines[0], StringComparison.Ordinal);
        Assert.Contains("nosuch", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("template of /y: line 1, column ", lines[1], StringComparison.Ordinal);
        Assert.Contains(world.Folder.At("none"), lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_key_leaves_the_last_file_and_the_next_version_mends_it()
    {
        world.Server.Write("app", "password", "one");
        await using var templates = world.Templates(world.To("a", Password) with { ErrorOnMissingKey = true });
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "one");
        world.Server.Write("app", "other", "marked-x");
        await world.UntilAsync(() => world.Status.Parts.Any(p => p.Part.StartsWith("template", StringComparison.Ordinal) && !p.IsGood));
        Assert.Equal("one", world.Read("a"));
        world.Server.Write("app", "password", "three");
        await world.UntilAsync(() => world.Read("a") == "three");
        Assert.DoesNotContain(world.Log, l => l.Contains("marked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Template_that_fails_too_often_ends_the_agent_where_that_is_configured()
    {
        world.Options = new TemplateOptionsConfig { ExitOnRetryFailure = true };
        await using var templates = world.Templates(world.To("a", Password));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => running.Task.IsCompleted, TimeSpan.FromSeconds(10));
        Assert.Contains("no such secret", (await Assert.ThrowsAsync<AgentException>(() => running.Task)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_are_gathered_for_as_long_as_is_configured()
    {
        world.Server.Write("app", "password", "one");
        await using var templates = world.Templates(
            world.To("a", Password) with { WaitMin = TimeSpan.FromSeconds(60), WaitMax = TimeSpan.FromSeconds(240) });
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "one" && IsListening("secret/data/app"));
        world.Server.Write("app", "password", "two");
        await world.PassAsync(TimeSpan.FromSeconds(30));
        world.Server.Write("app", "password", "three");
        await world.PassAsync(TimeSpan.FromSeconds(40));
        Assert.Equal("one", world.Read("a"));
        await world.UntilAsync(() => world.Read("a") == "three", TimeSpan.FromSeconds(1));
        Assert.Equal(2, world.Server.Count("GET secret/data/app"));
    }

    [Fact]
    public async Task File_that_a_template_reads_is_followed_also_when_it_comes_later()
    {
        var source = world.Folder.At("source");
        await using var templates = world.Templates(world.To("a", $$$"""{{ file "{{{source}}}" }}"""));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => !world.Log.IsEmpty);
        await File.WriteAllTextAsync(source, "one");
        await world.UntilAsync(() => world.Read("a") == "one");
        // As Kubernetes does it: another file of the same length takes its place.
        await File.WriteAllTextAsync(source + ".next", "two");
        File.Move(source + ".next", source, overwrite: true);
        await world.UntilAsync(() => world.Read("a") == "two");
    }

    internal static string Lease(string id, int seconds, bool renewable = true) =>
        $$$"""{"lease_id":"{{{id}}}","lease_duration":{{{seconds}}},"renewable":{{{(renewable ? "true" : "false")}}},"data":{"user":"u-{{{id}}}"}}""";

    private bool IsListening(string path) =>
        world.Server.Requests.Any(r => r.Line.StartsWith($"GET sys/watch?paths={path}&index=", StringComparison.Ordinal));
}
