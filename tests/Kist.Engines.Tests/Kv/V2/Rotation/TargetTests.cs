using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Engines.Kv;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>Targets over HTTP and users who take turns.</summary>
public sealed class TargetTests : IAsyncLifetime
{
    private readonly HookServer hook = new();
    private RotationBed bed = null!;

    public async Task InitializeAsync() => bed = await RotationBed.StartAsync(new RotationSettings { HttpTargets = [hook.Base] });

    public async Task DisposeAsync()
    {
        await bed.DisposeAsync();
        await hook.DisposeAsync();
        Assert.Empty(bed.Node.Faults);
    }

    [Fact]
    public async Task A_target_hears_of_the_new_value_and_after_the_grace_that_the_old_one_is_retired()
    {
        await bed.SetAsync(Rule(""","grace":"10m" """, ""","token":"t0ken" """)).Ok();
        var rotated = (await bed.RotateAsync().Ok()).Json();
        Assert.Equal(("grace", "2026-01-31T12:10:00Z"), (rotated.Text("phase"), rotated.Text("grace_end")));
        Assert.Equal(["apply new old"], hook.Actions);
        var (url, token, body) = hook.Asked.Single();
        Assert.Equal(("/kist/db", "Bearer t0ken", "app"), (url, token, body.Text("path")));
        Assert.Equal((await bed.PasswordAsync(), "first"), (body.GetProperty("new").Text("password"), body.GetProperty("old").Text("password")));
        bed.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.HoldsAsync(async () => (await bed.StateAsync()).Text("phase") == "idle");
        Assert.Equal(["apply new old", "retire new old"], hook.Actions);
    }

    [Fact]
    public async Task A_rotation_in_the_time_of_grace_retires_the_old_value_first()
    {
        await bed.SetAsync(Rule(""","grace":"10m" """)).Ok();
        await bed.RotateAsync().Ok();
        await bed.RotateAsync().Ok();
        Assert.Equal(["apply new old", "retire new old", "apply new old"], hook.Actions);
        Assert.Equal(hook.Asked.Last().Body.GetProperty("new").Text("password"), await bed.PasswordAsync());
    }

    [Fact]
    public async Task After_an_unknown_answer_the_target_is_asked_what_works_before_it_is_told_again()
    {
        await bed.SetAsync(Rule("")).Ok();
        hook.OnAsked = static _ => 500;
        var failure = await bed.RotateAsync().Fails(FailureKind.Unavailable);
        Assert.Contains("the target answers with status 500", failure.Message, StringComparison.Ordinal);
        hook.OnAsked = static body => HookServer.Action(body) == "verify new" ? 409 : 204;
        await bed.RotateAsync().Ok();
        Assert.Equal(["apply new old", "verify new", "verify old", "apply new old", "retire new old"], hook.Actions);
        var applied = hook.Asked.Where(a => a.Body.Text("action") == "apply").Select(a => a.Body).ToList();
        Assert.Equal(applied[0].GetRawText(), applied[1].GetRawText());
    }

    [Fact]
    public async Task A_new_value_that_works_already_is_not_applied_again()
    {
        await bed.SetAsync(Rule("")).Ok();
        hook.OnAsked = static _ => 500;
        await bed.RotateAsync().Fails(FailureKind.Unavailable);
        hook.OnAsked = static _ => 200;
        await bed.RotateAsync().Ok();
        Assert.Equal(["apply new old", "verify new", "retire new old"], hook.Actions);
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        await bed.SetAsync(Rule("")).Ok();
        hook.Location = hook.Base + "/elsewhere";
        hook.OnAsked = static _ => 307;
        var failure = await bed.RotateAsync().Fails(FailureKind.Unavailable);
        Assert.Contains("redirects are not followed", failure.Message, StringComparison.Ordinal);
        Assert.Single(hook.Asked);
    }

    [Fact]
    public async Task The_token_of_a_target_is_never_shown()
    {
        await bed.SetAsync(Rule("", ""","token":"t0ken" """)).Ok();
        var state = await bed.StateAsync();
        Assert.True(state.GetProperty("target").GetProperty("has_token").GetBoolean());
        Assert.DoesNotContain("t0ken", state.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_users_take_turns_and_the_one_before_works_until_the_next_rotation()
    {
        (bed.Engine.Users["main/app_a"], bed.Engine.Users["main/app_b"]) = ("pa", "pb");
        await bed.Node.WriteAsync("kv/data/app", """{"data":{"username":"app_a","password":"pa","host":"h"}}""").Ok();
        await bed.SetAsync("""{"period":"24h","target":{"type":"database","mount":"db","connection":"main","usernames":["app_a","app_b"]}}""").Ok();
        foreach (var (user, other) in new[] { ("app_b", "app_a"), ("app_a", "app_b"), ("app_b", "app_a") })
        {
            var before = bed.Engine.Users[$"main/{other}"];
            await bed.RotateAsync().Ok();
            var data = await bed.DataAsync();
            Assert.Equal((user, "h"), (data.Text("username"), data.Text("host")));
            Assert.Equal(bed.Engine.Users[$"main/{user}"], data.Text("password"));
            Assert.Equal(before, bed.Engine.Users[$"main/{other}"]);
        }
    }

    private string Rule(string more, string ofTarget = "") =>
        $$"""{"period":"24h","target":{"type":"http","url":"{{hook.Base}}/db"{{ofTarget}}}{{more}}}""";
}
