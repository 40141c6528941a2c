using Kist.Client.Agent;
using Kist.Client.Agent.Secrets;
using Kist.Client.Templates;
using Kist.Crypto;

namespace Kist.Client.Tests.Agent.Secrets;

/// <summary>What is kept, renewed and fetched anew, and when.</summary>
public sealed class SecretCacheTests : IDisposable
{
    private readonly TemplateWorld world = new();
    private readonly SecretCache cache;

    public SecretCacheTests() => cache = new SecretCache(new AgentRequests(world.Client, world.Token), world.Options, world.Clock);

    public void Dispose() => world.Dispose();

    [Fact]
    public async Task Who_asks_while_the_answer_is_on_its_way_waits_for_it()
    {
        var held = new TaskCompletionSource();
        world.Server.Write("app", "a", "1");
        world.Server.Before = r => r.Line == "GET secret/data/app" ? held.Task : Task.CompletedTask;
        var first = FetchAsync("secret/app");
        var second = FetchAsync("secret/app");
        held.SetResult();
        Assert.Same(await first, await second);
        Assert.Equal(1, world.Server.Count("GET secret/data/app"));
    }

    [Fact]
    public async Task What_changes_while_the_answer_is_on_its_way_is_fetched_again()
    {
        var held = new TaskCompletionSource();
        world.Server.Write("app", "a", "1");
        await FetchAsync("secret/app");
        cache.TellAll(7);
        world.Server.Before = r => r.Line == "GET secret/data/app" ? held.Task : Task.CompletedTask;
        var fetching = FetchAsync("secret/app");
        await world.UntilAsync(() => world.Server.Count("GET secret/data/app") == 2);
        cache.Tell([new Client.Watching.WatchedPath("secret/data/app", 2, 8)]);
        held.SetResult();
        await fetching;
        await FetchAsync("secret/app");
        Assert.Equal(["7", "8"], world.Server.Requests.Where(r => r.Line == "GET secret/data/app").Skip(1).Select(r => r.Header("X-Vault-Index")));
    }

    [Fact]
    public async Task What_is_told_while_the_first_answer_is_on_its_way_is_fetched_again()
    {
        var held = new TaskCompletionSource();
        world.Server.Write("app", "a", "1");
        world.Server.Write("other", "a", "1");
        world.Server.Before = r => r.Line.StartsWith("GET secret/data/", StringComparison.Ordinal) ? held.Task : Task.CompletedTask;
        var (fetching, other) = (FetchAsync("secret/app"), FetchAsync("secret/other"));
        await world.UntilAsync(() => world.Server.Count("GET secret/data/app") == 1 && world.Server.Count("GET secret/data/other") == 1);
        cache.Tell([new Client.Watching.WatchedPath("secret/data/app", 2, 8)]);
        held.SetResult();
        await Task.WhenAll(fetching, other);
        Assert.Equal(1, cache.Moment);
        await FetchAsync("secret/app");
        await FetchAsync("secret/other");
        Assert.Equal([null, "8"], world.Server.Requests.Where(r => r.Line == "GET secret/data/app").Select(r => r.Header("X-Vault-Index")));
        Assert.Equal(1, world.Server.Count("GET secret/data/other"));
    }

    [Fact]
    public async Task What_may_all_have_changed_while_the_first_answer_is_on_its_way_is_fetched_again()
    {
        var held = new TaskCompletionSource();
        world.Server.Write("app", "a", "1");
        world.Server.Before = r => r.Line == "GET secret/data/app" ? held.Task : Task.CompletedTask;
        var fetching = FetchAsync("secret/app");
        await world.UntilAsync(() => world.Server.Count("GET secret/data/app") == 1);
        cache.TellAll(9);
        held.SetResult();
        await fetching;
        Assert.Equal(1, cache.Moment);
    }

    [Fact]
    public async Task Secret_that_is_not_there_is_watched_so_that_its_coming_is_told()
    {
        await Assert.ThrowsAsync<SecretException>(() => FetchAsync("secret/late"));
        Assert.Equal(["secret/data/late"], cache.Watched().Paths);
        cache.Tell([new Client.Watching.WatchedPath("secret/data/late", 1, 5)]);
        Assert.Equal(1, cache.Moment);
    }

    [Fact]
    public async Task Watched_secret_is_read_again_every_hour_for_what_no_notice_tells_of()
    {
        world.Server.Write("app", "a", "1");
        await FetchAsync("secret/app");
        await using var running = Running.Begin(cache.KeepAsync);
        await world.PassAsync(TimeSpan.FromMinutes(53));
        Assert.Equal(0, cache.Moment);
        await world.PassAsync(TimeSpan.FromMinutes(8));
        Assert.Equal(1, cache.Moment);
    }

    [Fact]
    public async Task Question_for_a_mount_that_takes_long_holds_up_no_secret_of_a_known_one()
    {
        var held = new TaskCompletionSource();
        world.Server.Write("app", "a", "1");
        world.Server.Write("b", "a", "1");
        world.Server.On("GET slow/x", 200, """{"data":{"a":"1"}}""");
        world.Server.Before = r => r.Line == "GET sys/internal/ui/mounts/slow/x" ? held.Task : Task.CompletedTask;
        await FetchAsync("secret/app");
        var slow = FetchAsync("slow/x");
        await world.UntilAsync(() => world.Server.Count("GET sys/internal/ui/mounts/slow/x") == 1);
        await FetchAsync("secret/b").WaitAsync(TimeSpan.FromSeconds(30));
        held.SetResult();
        await slow;
    }

    [Fact]
    public async Task Mount_that_must_not_be_asked_for_is_not_asked_for_at_each_read()
    {
        const string Mount = "GET sys/internal/ui/mounts/closed/data/x";
        world.Server.On(Mount, 403, """{"errors":["permission denied"]}""").On("GET closed/data/x", 200, """{"data":{"data":{"a":"1"}}}""");
        await FetchAsync("closed/data/x");
        cache.TellAll(5);
        await FetchAsync("closed/data/x");
        Assert.Equal((2, 1), (world.Server.Count("GET closed/data/x"), world.Server.Count(Mount)));
        cache.TellAll(6);
        await world.PassAsync(TimeSpan.FromMinutes(2));
        await FetchAsync("closed/data/x");
        Assert.Equal(2, world.Server.Count(Mount));
    }

    [Theory]
    [InlineData("secret/app/db", "secret/data/app/db")]
    [InlineData("secret/data/app/db", "secret/data/app/db")]
    [InlineData("secret/metadata/app", "secret/metadata/app")]
    [InlineData("secret/app?version=2", "secret/data/app?version=2")]
    [InlineData("database/creds/app", "database/creds/app")]
    public async Task Path_is_read_where_its_mount_has_it(string written, string asked)
    {
        world.Server.On($"GET {asked}", 200, """{"data":{"data":{},"metadata":{"version":1}}}""");
        await FetchAsync(written);
        Assert.Equal($"GET {asked}", world.Server.Requests[^1].Line);
    }

    [Fact]
    public async Task Lease_is_renewed_in_time_and_fetched_anew_when_it_gets_no_more_time()
    {
        var granted = new Queue<int>([60, 60, 10]);
        var made = 0;
        world.Server.On("GET database/creds/app", _ => (200, Templates.AgentTemplatesTests.Lease($"l{++made}", 60)))
            .On("PUT sys/leases/renew", _ => (200, $$"""{"lease_id":"l1","lease_duration":{{granted.Dequeue()}},"renewable":true}"""));
        await FetchAsync("database/creds/app");
        cache.Use(this, [Read("database/creds/app")], "");
        var since = cache.Moment;
        await using var running = Running.Begin(cache.KeepAsync);
        await world.PassAsync(TimeSpan.FromSeconds(34));
        Assert.Equal(0, world.Server.Count("PUT sys/leases/renew"));
        await world.UntilAsync(() => world.Server.Count("PUT sys/leases/renew") == 3);
        Assert.Equal(since, cache.Moment);
        await world.UntilAsync(() => cache.Moment > since);
        await FetchAsync("database/creds/app");
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task Lease_that_the_server_does_not_know_any_more_is_fetched_anew_at_once()
    {
        world.Server.On("GET database/creds/app", 200, Templates.AgentTemplatesTests.Lease("l1", 600))
            .On("PUT sys/leases/renew", 400, """{"errors":["lease not found"]}""");
        await FetchAsync("database/creds/app");
        await using var running = Running.Begin(cache.KeepAsync);
        await world.UntilAsync(() => world.Server.Count("PUT sys/leases/renew") == 1, TimeSpan.FromSeconds(5));
        var before = world.Clock.GetUtcNow();
        await world.UntilAsync(() => cache.Moment > 0);
        Assert.True(world.Clock.GetUtcNow() - before < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Lease_that_cannot_be_renewed_is_replaced_when_most_of_its_time_is_over()
    {
        world.Server.On("GET database/creds/app", 200, Templates.AgentTemplatesTests.Lease("l1", 100, renewable: false));
        await FetchAsync("database/creds/app");
        await using var running = Running.Begin(cache.KeepAsync);
        await world.PassAsync(TimeSpan.FromSeconds(80));
        Assert.Equal(0, cache.Moment);
        await world.PassAsync(TimeSpan.FromSeconds(11));
        Assert.Equal(1, cache.Moment);
        Assert.Equal(0, world.Server.Count("PUT sys/leases/renew"));
    }

    [Fact]
    public async Task While_the_server_is_away_renewals_are_tried_until_the_lease_ends()
    {
        world.Server.On("GET database/creds/app", 200, Templates.AgentTemplatesTests.Lease("l1", 90)).On("PUT sys/leases/renew", 503, "{}");
        await FetchAsync("database/creds/app");
        await using var running = Running.Begin(cache.KeepAsync);
        await world.UntilAsync(() => world.Server.Count("PUT sys/leases/renew") >= 3);
        Assert.Equal(0, cache.Moment);
        await world.UntilAsync(() => cache.Moment > 0, TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task Clock_that_is_set_moves_neither_renewals_nor_reads(int hours)
    {
        world.Server.On("GET database/creds/app", 200, Templates.AgentTemplatesTests.Lease("l1", 3600))
            .On("PUT sys/leases/renew", 200, """{"lease_id":"l1","lease_duration":3600,"renewable":true}""");
        world.Server.Write("app", "a", "1");
        var clock = new SettableClock(world.Clock);
        var set = new SecretCache(new AgentRequests(world.Client, world.Token), world.Options, clock);
        await set.FetchAsync(Read("database/creds/app"), "", () => "", default);
        await set.FetchAsync(Read("secret/app"), "", () => "", default);
        clock.Shift = TimeSpan.FromHours(hours);
        await using var running = Running.Begin(set.KeepAsync);
        await world.PassAsync(TimeSpan.FromMinutes(35));
        Assert.Equal((0, 0), (world.Server.Count("PUT sys/leases/renew"), set.Moment));
        await world.PassAsync(TimeSpan.FromMinutes(6));
        Assert.Equal((1, 0), (world.Server.Count("PUT sys/leases/renew"), set.Moment));
        await world.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Equal((1, 1), (world.Server.Count("PUT sys/leases/renew"), set.Moment));
    }

    // Nothing would tell of what is in between any more, and nobody reads it again for an hour.
    [Fact]
    public async Task First_answer_includes_all_changes_that_were_told_before()
    {
        world.Server.Write("app", "a", "1");
        world.Server.Write("other", "a", "1");
        await FetchAsync("secret/app");
        cache.Hear(7);
        await FetchAsync("secret/other");
        Assert.Equal(
            [null, "7"], world.Server.Requests.Where(r => r.Line.StartsWith("GET secret/data/", StringComparison.Ordinal)).Select(r => r.Header("X-Vault-Index")));
    }

    [Fact]
    public async Task Leases_of_the_last_token_are_fetched_anew_with_the_next()
    {
        world.Server.On("GET database/creds/app", 200, Templates.AgentTemplatesTests.Lease("l1", 600));
        world.Server.Write("app", "a", "1");
        await FetchAsync("database/creds/app");
        await FetchAsync("secret/app");
        world.Token.Set(new SecretText("second"));
        cache.TakeToken(world.Token.Current!);
        await FetchAsync("database/creds/app");
        await FetchAsync("secret/app");
        var asked = world.Server.Requests.Where(r => r.Line == "GET database/creds/app");
        Assert.Equal(["first", "second"], asked.Select(r => r.Header("X-Vault-Token")));
        Assert.Equal(1, world.Server.Count("GET secret/data/app"));
    }

    [Fact]
    public async Task What_nobody_uses_any_more_is_forgotten_and_its_lease_ended()
    {
        world.Server.On("GET database/creds/app", 200, Templates.AgentTemplatesTests.Lease("l1", 600)).On("PUT sys/leases/revoke", 204);
        var other = new object();
        await FetchAsync("database/creds/app");
        cache.Use(this, [Read("database/creds/app")], "");
        cache.Use(other, [Read("database/creds/app")], "");
        cache.Use(this, [], "");
        Assert.Equal(0, world.Server.Count("PUT sys/leases/revoke"));
        cache.Use(other, [], "");
        await world.UntilAsync(() => world.Server.Count("PUT sys/leases/revoke") == 1);
    }

    [Fact]
    public async Task Secret_without_lease_or_version_is_read_again_after_the_interval_or_sooner_where_it_says_so()
    {
        world.Server.On("GET identity/x", 200, """{"data":{"a":"1"}}""")
            .On("GET kv/y", 200, """{"lease_duration":30,"data":{"a":"1","ttl":"30s"}}""")
            .On("GET db/static-creds/z", 200, """{"data":{"password":"p","ttl":20,"rotation_period":86400}}""");
        await FetchAsync("identity/x");
        await FetchAsync("kv/y");
        await FetchAsync("db/static-creds/z");
        await using var running = Running.Begin(cache.KeepAsync);
        await world.PassAsync(TimeSpan.FromSeconds(22));
        Assert.Equal(1, cache.Moment);
        await world.PassAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, cache.Moment);
        await world.PassAsync(TimeSpan.FromSeconds(230));
        Assert.Equal(2, cache.Moment);
        await world.PassAsync(TimeSpan.FromSeconds(40));
        Assert.Equal(3, cache.Moment);
    }

    [Fact]
    public async Task Write_to_a_mount_of_version_2_is_wrapped_as_its_api_wants_it()
    {
        world.Server.On("PUT secret/data/app", 200, """{"data":{"version":1}}""").On("PUT transit/encrypt/k", 200, """{"data":{"ciphertext":"c"}}""");
        await FetchAsync(new TemplateDependency(TemplateDependencyKind.Write, "secret/app", [new("a", "1")]));
        await FetchAsync(new TemplateDependency(TemplateDependencyKind.Write, "transit/encrypt/k", [new("plaintext", "eA==")]));
        var bodies = world.Server.Requests.Where(r => r.Line.StartsWith("PUT", StringComparison.Ordinal)).Select(r => r.Body);
        Assert.Equal(["""{"data":{"a":"1"}}""", """{"plaintext":"eA=="}"""], bodies);
    }

    [Fact]
    public async Task Server_that_was_restored_and_never_reaches_the_told_state_is_read_as_it_is()
    {
        const string Answer = """{"data":{"data":{},"metadata":{"version":1}}}""";
        world.Server.On("GET secret/data/app", r => r.Header("X-Vault-Index") is null ? (200, Answer) : (412, "{}"));
        await FetchAsync("secret/app");
        cache.TellAll(99);
        await FetchAsync("secret/app");
        Assert.Equal([null, "99", null], world.Server.Requests.Where(r => r.Line == "GET secret/data/app").Select(r => r.Header("X-Vault-Index")));
    }

    [Fact]
    public async Task List_of_a_folder_that_is_not_there_is_empty_and_of_one_that_is_watched()
    {
        world.Server.On("GET secret/metadata/apps?list=true", 200, """{"data":{"keys":["a","b"]}}""");
        await FetchAsync(new TemplateDependency(TemplateDependencyKind.List, "secret/none"));
        await FetchAsync(new TemplateDependency(TemplateDependencyKind.List, "secret/apps"));
        Assert.Equal(["secret/data/apps/*", "secret/data/none/*"], cache.Watched().Paths);
        cache.Tell([new Client.Watching.WatchedPath("secret/data/apps/c", 1, 5)]);
        Assert.Equal(1, cache.Moment);
    }

    [Fact]
    public async Task Metadata_is_watched_by_the_secrets_name_and_read_again_besides()
    {
        world.Server.On("GET secret/metadata/a/metadata", 200, """{"data":{"current_version":1}}""");
        await FetchAsync("secret/metadata/a/metadata");
        Assert.Equal(["secret/data/a/metadata"], cache.Watched().Paths);
        await using var running = Running.Begin(cache.KeepAsync);
        await world.PassAsync(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        Assert.Equal(1, cache.Moment);
    }

    [Fact]
    public async Task Failure_names_the_path_and_no_parameter()
    {
        world.Server.On("PUT pki/issue/web", 400, """{"errors":["1 error occurred:\n\t* unknown role\n\n"]}""");
        var asked = new TemplateDependency(TemplateDependencyKind.Certificate, "pki/issue/web", [new("x", "marked")]);
        var failure = await Assert.ThrowsAsync<SecretException>(() => FetchAsync(asked));
        Assert.StartsWith("pki/issue/web: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("unknown role", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("marked", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    private static TemplateDependency Read(string path) => new(TemplateDependencyKind.Read, path);

    private Task<Client.Templates.Values.TemplateValue> FetchAsync(string path) => FetchAsync(Read(path));

    private Task<Client.Templates.Values.TemplateValue> FetchAsync(TemplateDependency dependency) =>
        cache.FetchAsync(dependency, "", static () => "", CancellationToken.None);

    // Somebody sets the time of day; nothing else of it is another than the inner one's.
    private sealed class SettableClock(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Shift;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}
