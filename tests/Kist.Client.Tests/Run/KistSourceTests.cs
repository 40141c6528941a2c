using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Watching;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run;

/// <summary>Ids of Kist's own, against answers in the shapes that Vault documents.</summary>
public sealed class KistSourceTests : IDisposable
{
    private const string Two = """{"data":{"data":{"password":"s3cret","port":5432,"on":true,"tags":["a"],"none":null},"metadata":{"version":2}}}""";
    private const string One = """{"data":{"only":"value"}}""";

    private readonly FakeServer server = new();
    private readonly KistClient client;
    private readonly LeaseKeeper leases;
    private readonly ReadVersions versions = new();

    public KistSourceTests()
    {
        client = new KistClient(new ClientSettings { Retry = new RetryPolicy { MaxRetries = 0 } }, TimeProvider.System, server);
        leases = new LeaseKeeper(() => client, TimeProvider.System);
    }

    public void Dispose() => client.Dispose();

    [Theory]
    [InlineData("secret/data/app#password", "s3cret")]
    [InlineData("/secret/data/app/#password", "s3cret")]
    [InlineData("v1/secret/data/app#port", "5432")]
    [InlineData("secret/data/app#on", "true")]
    [InlineData("secret/data/app#tags", "[\"a\"]")]
    [InlineData("secret/data/app#none", "")]
    [InlineData("kv/app#only", "value")]
    [InlineData("kv/app", "value")]
    [InlineData("secret/data/app?version=2#password", "s3cret")]
    [InlineData("secret/data/app#nothing", "failed: secret/data/app: there is no field \"nothing\"; there are password, port, on, tags, none")]
    [InlineData("secret/data/app", "failed: secret/data/app: say which field to take, as in secret/data/app#password; there are password, port, on, tags, none")]
    [InlineData("secret/data/gone#x", "failed: secret/data/gone: there is no such secret")]
    [InlineData("secret/gone#x", "failed: secret/gone: there is no such secret; on a mount of version 2 its path has data/ after the mount, as in secret/data/app/db")]
    [InlineData("secret/data/deleted#x", "failed: secret/data/deleted: the secret has no data; was its newest version deleted?")]
    [InlineData("secret/data/denied#x", "failed: secret/data/denied: 403: permission denied")]
    public async Task Id_names_a_field(string id, string expected)
    {
        server.On("GET secret/data/app", 200, Two).On("GET secret/data/app?version=2", 200, Two).On("GET kv/app", 200, One)
            .On("GET secret/data/deleted", 404, """{"data":{"data":null,"metadata":{"version":2}}}""")
            .On("GET secret/data/denied", 403, """{"errors":["permission denied"]}""");
        Assert.Equal(expected, Assert.Single(await FetchAsync(id)));
    }

    [Fact]
    public async Task Secret_is_read_once_for_all_of_its_fields()
    {
        server.On("GET secret/data/app", 200, Two).On("GET kv/app", 200, One);
        Assert.Equal(["s3cret", "value", "5432"], await FetchAsync("secret/data/app#password", "kv/app#only", "secret/data/app#port"));
        Assert.Equal(2, server.Requests.Count);
        Assert.Equal([null, 2L], versions.All.Select(v => v.Version).Order());
    }

    [Fact]
    public async Task Server_that_cannot_be_reached_fails_each_id()
    {
        server.Refuse("GET kv/app");
        Assert.StartsWith("failed: kv/app: cannot reach ", Assert.Single(await FetchAsync("kv/app#x")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lease_is_held_and_ends_when_asked()
    {
        server.On("GET db/creds/app", 200, """{"lease_id":"db/creds/app/1","lease_duration":60,"renewable":true,"data":{"password":"x"}}""")
            .On("PUT sys/leases/revoke", 204);
        await FetchAsync("db/creds/app#password");
        Assert.Equal(["db/creds/app/1"], leases.Held());
        Assert.Equal(0, await leases.RevokeAsync(leases.Held(), default));
        Assert.Equal("""{"lease_id":"db/creds/app/1"}""", server.Last.Body);
        Assert.Empty(leases.Held());
    }

    [Fact]
    public async Task Lease_that_cannot_be_renewed_is_told_once()
    {
        leases.Add("a", TimeSpan.FromMilliseconds(1), isRenewable: false);
        await leases.KeepAsync(default);
        Assert.False(leases.KeepAsync(default).IsCompleted);
        Assert.Equal(1, leases.Count);
    }

    [Fact]
    public async Task Lease_about_which_nothing_could_be_done_is_told_again()
    {
        leases.Add("a", TimeSpan.FromMilliseconds(1), isRenewable: false);
        Assert.Equal("a", await leases.KeepAsync(default));
        leases.TellAgain("a");
        Assert.Equal("a", await leases.KeepAsync(default).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Clock_that_is_set_back_delays_no_lease()
    {
        var clock = new SettableClock();
        var keeper = new LeaseKeeper(() => client, clock);
        keeper.Add("a", TimeSpan.FromMilliseconds(1), isRenewable: false);
        clock.Shift = TimeSpan.FromHours(-2);
        Assert.Equal("a", await keeper.KeepAsync(default).WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Lease_is_renewed_until_the_server_refuses()
    {
        server.On("PUT sys/leases/renew", 200, """{"lease_duration":5,"renewable":true}""").On("PUT sys/leases/renew", 400, """{"errors":["lease not found"]}""");
        leases.Add("a", TimeSpan.FromSeconds(5), isRenewable: true);
        await leases.KeepAsync(default);
        Assert.Equal(2, server.Requests.Count);
    }

    // Nobody would read it anew: changes are told once.
    [Fact]
    public async Task Lease_whose_server_is_away_until_its_end_is_given_up_then()
    {
        server.On("PUT sys/leases/renew", 503, "{}");
        leases.Add("a", TimeSpan.FromSeconds(2), isRenewable: true);
        Assert.Equal("a", await leases.KeepAsync(default).WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.NotEmpty(server.Requests);
    }

    [Fact]
    public async Task What_is_read_because_of_a_change_includes_it_but_for_a_server_that_was_restored()
    {
        long? told = null;
        server.On("GET kv/app", 200, """{"data":{"a":"1"}}""").On("GET kv/app", 200, """{"data":{"a":"2"}}""")
            .On("GET kv/app", 412, """{"errors":["required index state not present"]}""").On("GET kv/app", 200, """{"data":{"a":"3"}}""");
        var source = new KistSource(() => client, leases, versions) { Told = () => told };
        foreach (var index in (long?[])[null, 7, 8])
        {
            told = index;
            Assert.Empty(Assert.Single(await source.FetchAsync(["kv/app#a"], default)).Error);
        }
        Assert.Equal([null, "7", "8", null], server.Requests.Select(r => r.Header("X-Vault-Index")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#x")]
    [InlineData("secret/data/app#")]
    public void Id_without_path_or_with_an_empty_field_is_refused(string id) => Assert.Throws<RunException>(() => SecretId.Parse(id));

    private async Task<IEnumerable<string>> FetchAsync(params string[] ids)
    {
        var answers = await new KistSource(() => client, leases, versions).FetchAsync(ids, default);
        return answers.Select(a => a.Value is { } value ? Encoding.UTF8.GetString(value.Span) : $"failed: {a.Error}");
    }

    private sealed class SettableClock : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
    }
}
