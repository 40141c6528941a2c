using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>Rules, their times and the secret that rotates.</summary>
public sealed class RotationTests : IAsyncLifetime
{
    private RotationBed bed = null!;

    public async Task InitializeAsync() => bed = await RotationBed.StartAsync();

    public async Task DisposeAsync()
    {
        await bed.DisposeAsync();
        Assert.Empty(bed.Node.Faults);
    }

    [Fact]
    public async Task A_rotation_writes_the_generated_value_and_keeps_the_other_fields()
    {
        await bed.SetAsync("""{"period":"24h","generator":{"kind":"password","length":33}}""").Ok();
        var rotated = (await bed.RotateAsync().Ok()).Json();
        var data = await bed.DataAsync();
        Assert.Equal((33, "h"), (data.Text("password").Length, data.Text("host")));
        var versions = (rotated.GetProperty("current_version").GetInt32(), rotated.GetProperty("previous_version").GetInt32());
        Assert.Equal(("idle", (2, 1)), (rotated.Text("phase"), versions));
        Assert.DoesNotContain(data.Text("password"), (await bed.StateAsync()).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_does_not_exist_is_made()
    {
        const string rule = """{"period":"24h","generator":{"kind":"ec"},"fields":{"tls.key":"private_key","tls.pub":"public_key"}}""";
        await bed.SetAsync(rule, "new/one").Ok();
        await bed.RotateAsync("new/one").Ok();
        var data = await bed.DataAsync("new/one");
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----", data.Text("tls.key"), StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----", data.Text("tls.pub"), StringComparison.Ordinal);
        Assert.Equal("""["new/"]""", (await bed.Node.ListAsync("kv/rotation/")).Json().GetProperty("keys").GetRawText());
    }

    [Fact]
    public async Task A_secret_rotates_when_its_period_is_over_and_not_before()
    {
        await bed.SetAsync("""{"period":"1h"}""").Ok();
        bed.Clock.Advance(TimeSpan.FromMinutes(59));
        await bed.RestartAsync();
        await bed.SetAsync("""{"period":"1h"}""", "other").Ok();
        Assert.Equal("first", await bed.PasswordAsync());
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        await Eventually.HoldsAsync(async () => await bed.PasswordAsync() != "first");
        await Eventually.HoldsAsync(async () => (await bed.StateAsync()).Text("phase") == "idle");
        await bed.Node.ReadAsync("kv/data/other").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task A_scheduled_rotation_whose_window_is_over_waits_for_the_next_time()
    {
        // It is noon.
        var set = (await bed.SetAsync("""{"schedule":"0 13 * * *","window":"10m"}""").Ok()).Json();
        Assert.Equal("2026-01-31T13:00:00Z", set.Text("next_rotation"));
        bed.Clock.Advance(TimeSpan.FromMinutes(75));
        await Eventually.HoldsAsync(async () => (await bed.StateAsync()).Text("next_rotation") == "2026-02-01T13:00:00Z");
        Assert.Equal("first", await bed.PasswordAsync());
        bed.Clock.Advance(TimeSpan.FromHours(23) + TimeSpan.FromMinutes(50));
        await Eventually.HoldsAsync(async () => await bed.PasswordAsync() != "first");
    }

    [Fact]
    public async Task Fields_that_somebody_writes_meanwhile_are_kept()
    {
        await bed.SetAsync("""{"period":"24h"}""").Ok();
        bed.OnBoundary = async boundary =>
        {
            if (boundary != "kv.rotation.applied")
                return;
            bed.OnBoundary = static _ => default;
            const string byHand = """{"data":{"host":"moved","password":"by hand","port":1}}""";
            bed.Hooked.BeforeNextCommit(async () => await bed.Node.WriteAsync("kv/data/app", byHand).Ok());
        };
        var rotated = (await bed.RotateAsync().Ok()).Json();
        var data = await bed.DataAsync();
        Assert.Equal(("moved", 1), (data.Text("host"), data.GetProperty("port").GetInt32()));
        Assert.Equal(20, data.Text("password").Length);
        Assert.Equal(3, rotated.GetProperty("current_version").GetInt32());
    }

    [Fact]
    public async Task A_secret_that_demands_cas_rotates_and_keeps_no_more_versions_than_it_shall()
    {
        await bed.Node.WriteAsync("kv/metadata/app", """{"cas_required":true,"max_versions":2}""").Ok();
        await bed.SetAsync("""{"period":"24h"}""").Ok();
        for (var i = 0; i < 3; i++)
            await bed.RotateAsync().Ok();
        var metadata = (await bed.Node.ReadAsync("kv/metadata/app").Ok()).Json();
        Assert.Equal(["3", "4"], metadata.GetProperty("versions").EnumerateObject().Select(v => v.Name));
    }

    [Fact]
    public async Task A_rule_that_is_under_way_is_neither_changed_nor_deleted_unless_by_force()
    {
        await bed.SetAsync("""{"period":"24h","target":{"type":"database","mount":"db","connection":"main","username":"app"}}""").Ok();
        bed.Engine.OnApply = static () => Failure.Unavailable("users.down", "the users do not answer");
        var failure = await bed.RotateAsync().Fails(FailureKind.Unavailable);
        Assert.Contains("the users do not answer; it is tried again in 30s", failure.Message, StringComparison.Ordinal);
        var state = await bed.StateAsync();
        Assert.Equal(("failed", "staged", 1), (state.Text("phase"), state.Text("step"), state.GetProperty("attempts").GetInt32()));
        await bed.SetAsync("""{"period":"1h"}""").Fails(FailureKind.Conflict);
        await bed.Node.DeleteAsync("kv/rotation/app").Fails(FailureKind.Conflict);
        await bed.Node.DeleteAsync("kv/rotation/app?force=true").Ok();
        await bed.Node.ReadAsync("kv/rotation/app").Fails(FailureKind.NotFound);
        await bed.RotateAsync().Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task A_step_that_fails_is_tried_again_with_longer_pauses_until_it_works()
    {
        await bed.SetAsync("""{"period":"24h","target":{"type":"database","mount":"db","connection":"main","username":"app"}}""").Ok();
        bed.Engine.OnApply = static () => Failure.Unavailable("users.down", "the users do not answer");
        await bed.RotateAsync().Fails(FailureKind.Unavailable);
        foreach (var (attempts, pause) in new[] { (2, "1m"), (3, "2m"), (4, "4m") })
        {
            bed.Clock.Advance(TimeSpan.FromMinutes(10));
            await Eventually.HoldsAsync(async () => (await bed.StateAsync()).GetProperty("attempts").GetInt32() == attempts);
            var next = (await bed.StateAsync()).GetProperty("next_attempt").GetDateTimeOffset();
            Assert.Equal(pause, $"{(next - bed.Clock.GetUtcNow()).TotalMinutes:0}m");
        }
        bed.Engine.OnApply = static () => null;
        bed.Clock.Advance(TimeSpan.FromMinutes(10));
        await Eventually.HoldsAsync(async () => (await bed.StateAsync()).Text("phase") == "idle");
        Assert.Equal(bed.Engine.Users["main/app"], await bed.PasswordAsync());
    }

    [Theory]
    [InlineData("""{}""", "either \"period\" or \"schedule\"")]
    [InlineData("""{"period":"59s"}""", "\"period\": must be from 1m")]
    [InlineData("""{"schedule":"* * * *"}""", "\"schedule\": a schedule has five fields")]
    [InlineData("""{"period":"1h","window":"5m"}""", "\"window\": has a meaning with a schedule only")]
    [InlineData("""{"period":"1h","grace":"1h"}""", "\"grace\": must be shorter than the period")]
    [InlineData("""{"period":"1h","fields":{"a":"private_key"}}""", "\"fields\": a generator of the kind \"password\" gives password")]
    [InlineData("""{"period":"1h","generator":{"kind":"pony"}}""", "\"kind\": must be one of")]
    [InlineData("""{"period":"1h","generator":{"policy":"none"}}""", "there is no password policy \"none\"")]
    [InlineData("""{"period":"1h","target":{"type":"pony"}}""", "\"type\" must be one of none, http, exec, database")]
    [InlineData("""{"period":"1h","target":{"type":"none","url":"https://a"}}""", "\"url\" has no meaning for the type \"none\"")]
    [InlineData("""{"period":"1h","target":{"type":"http","url":"https://a/"}}""", "is not below any of the addresses")]
    [InlineData("""{"period":"1h","target":{"type":"exec","program":"a"}}""", "the server's configuration names no folder")]
    [InlineData("""{"period":"1h","target":{"type":"database","mount":"db","connection":"a/b","username":"u"}}""", "are required")]
    [InlineData("""{"period":"1h","grace":"1m","target":{"type":"database","mount":"db","connection":"a","username":"u"}}""",
        "one password at a time")]
    [InlineData("""{"period":"1h","target":{"type":"database","mount":"kv","connection":"a","username":"u"}}""",
        "has no users whose passwords could be set")]
    [InlineData("""{"period":"1h","target":{"type":"database","mount":"db","connection":"main","username":"u"}}""", "there is no such user")]
    public async Task A_rule_that_cannot_be_is_refused_with_the_reason(string rule, string reason)
    {
        var failure = await bed.SetAsync(rule).Fails(FailureKind.Invalid);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }
}
