using System.Text.Json;
using Kist.Auth.Userpass;
using Kist.Auth.Userpass.Stored;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Userpass;

public sealed class LockoutTests : IAsyncLifetime
{
    private UserpassHost host = null!;

    public async Task InitializeAsync()
    {
        host = await UserpassHost.StartAsync();
        await host.UserAsync("bob", """{"password":"pass-one"}""").Ok();
    }

    public async Task DisposeAsync() => await host.DisposeAsync();

    [Fact]
    public async Task Five_wrong_passwords_lock_a_user_out_on_every_node_for_a_quarter_of_an_hour()
    {
        await host.FailAsync("bob", 4);
        await host.LogInAsync("bob", "pass-one", host.Other);
        await host.FailAsync("bob", 3);
        await host.FailAsync("BOB", 2, host.Other);
        await host.RefusedAsync("bob", "pass-one");
        await host.RefusedAsync("bob", "pass-one", host.Other);
        host.Clock.Advance(TimeSpan.FromMinutes(14));
        // Tries while it lasts do not make it longer.
        await host.RefusedAsync("bob", "pass-one", host.Other);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.LogInAsync("bob", "pass-one", host.Other);
        await host.FailAsync("bob", 4);
        await host.LogInAsync("bob", "pass-one");
    }

    [Fact]
    public async Task Wrong_passwords_count_for_a_quarter_of_an_hour()
    {
        await host.FailAsync("bob", 4);
        host.Clock.Advance(TimeSpan.FromMinutes(15));
        await host.FailAsync("bob", 4);
        await host.LogInAsync("bob", "pass-one");
    }

    [Fact]
    public async Task Strangers_from_where_the_user_cannot_be_do_not_lock_him_out()
    {
        await host.UserAsync("bob", """{"token_bound_cidrs":["10.0.0.0/8"]}""").Ok();
        for (var i = 0; i < 6; i++)
            await host.RefusedAsync("bob", "wrong", client: "192.0.2.1");
        Assert.NotNull((await host.TryAsync("bob", "pass-one", client: "10.1.2.3")).Auth);
        for (var i = 0; i < 5; i++)
            await host.RefusedAsync("bob", "wrong", client: "10.9.9.9");
        await host.RefusedAsync("bob", "pass-one", client: "10.1.2.3");
    }

    [Fact]
    public async Task Guesses_at_the_same_time_are_no_more_than_guesses_one_by_one()
    {
        var guesses = Enumerable.Range(0, 40).Select(i => Task.Run(() => host.TryAsync("bob", "wrong", i % 2 == 0 ? host.Node : host.Other)));
        Assert.All(await Task.WhenAll(guesses), r => Assert.Equal("userpass.refused", r.Failure?.Code));
        await host.RefusedAsync("bob", "pass-one", host.Other);
        var failures = await UserStore.ReadFailuresAsync(await host.StorageAsync(), UserStore.FailedPath("bob"), default);
        Assert.Equal(41, failures.Record.Count);
    }

    [Fact]
    public async Task A_right_guess_that_was_checked_before_the_threshold_and_decided_after_it_is_refused()
    {
        await host.FailAsync("bob", 4);
        var raced = false;
        host.Store.OnCommit = async (transaction, commit) =>
        {
            if (!raced && transaction.Changes.Any(c => System.Text.Encoding.Latin1.GetString(c.Key.Span).EndsWith("failed/bob", StringComparison.Ordinal)))
            {
                raced = true;
                await host.RefusedAsync("bob", "wrong", host.Other);
            }
            return await commit();
        };
        await host.RefusedAsync("bob", "pass-one");
        Assert.True(raced);
    }

    [Fact]
    public async Task A_mount_says_when_it_locks_users_out()
    {
        await host.Node.WriteAsync(
            "sys/auth/userpass/tune", """{"user_lockout_config":{"lockout_threshold":"2","lockout_duration":"1m","lockout_counter_reset":"30s"}}""").Ok();
        var tuning = (await host.Node.ReadAsync("sys/auth/userpass/tune").Ok()).Json();
        Assert.Equal(
            (2, 60, 30, false),
            (tuning.GetProperty("user_lockout_threshold").GetInt32(), tuning.GetProperty("user_lockout_duration").GetInt32(),
                tuning.GetProperty("user_lockout_counter_reset_duration").GetInt32(), tuning.GetProperty("user_lockout_disable").GetBoolean()));
        await host.FailAsync("bob", 1);
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await host.FailAsync("bob", 1);
        await host.LogInAsync("bob", "pass-one");
        await host.FailAsync("bob", 2);
        await host.RefusedAsync("bob", "pass-one");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.LogInAsync("bob", "pass-one");
    }

    [Fact]
    public async Task A_mount_can_lock_nobody_out()
    {
        await host.FailAsync("bob", 5);
        await host.Node.WriteAsync("sys/auth/userpass/tune", """{"user_lockout_config":{"lockout_disable":true}}""").Ok();
        await host.FailAsync("bob", 10);
        await host.LogInAsync("bob", "pass-one");
    }

    [Theory]
    [InlineData("""{"lockout_threshold":0}""")]
    [InlineData("""{"lockout_threshold":"many"}""")]
    [InlineData("""{"lockout_duration":"0s"}""")]
    [InlineData("""{"lockout_duration":"9000h"}""")]
    [InlineData("""{"lockout_counter_reset":"-1s"}""")]
    public async Task Settings_that_make_no_sense_are_refused(string settings) =>
        await host.Node.WriteAsync("sys/auth/userpass/tune", $$"""{"user_lockout_config":{{settings}}}""").Fails(FailureKind.Invalid);

    [Fact]
    public async Task Operators_see_who_is_locked_out_and_let_them_in()
    {
        var accessor = (await host.Node.ReadAsync("sys/auth/userpass").Ok()).Json().Text("accessor");
        await host.UserAsync("ann", """{"password":"pass-two"}""").Ok();
        await host.FailAsync("ann", 5);
        await host.FailAsync("bob", 5);
        await host.FailAsync("nobody", 9);
        await host.SyncAsync();
        foreach (var of in new[] { "{}", $$"""{"mount_accessor":"{{accessor}}"}""" })
            Assert.Equal("""["ann","bob"]""", Locked((await host.Other.AskAsync(Operation.Read, "sys/locked-users", of)).Json(), accessor));
        await host.Other.WriteAsync($"sys/locked-users/{accessor}/unlock/BOB").Ok();
        await host.Other.WriteAsync($"sys/locked-users/{accessor}/unlock/bob").Ok();
        await host.LogInAsync("bob", "pass-one");
        await host.SyncAsync();
        Assert.Equal("""["ann"]""", Locked((await host.Node.ReadAsync("sys/locked-users").Ok()).Json(), accessor));
        host.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(0, (await host.Node.ReadAsync("sys/locked-users").Ok()).Json().GetProperty("total").GetInt32());
        await host.Node.WriteAsync("sys/locked-users/token_1/unlock/bob").Fails(FailureKind.Invalid);
        await host.Node.WriteAsync($"sys/locked-users/{accessor}/unlock/b%b").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_new_password_lets_a_user_in_and_a_deleted_user_leaves_nothing()
    {
        await host.FailAsync("bob", 5);
        await host.Node.WriteAsync("auth/userpass/users/bob/password", """{"password":"pass-two"}""").Ok();
        await host.LogInAsync("bob", "pass-two", host.Other);
        await host.FailAsync("bob", 5);
        await host.Node.DeleteAsync("auth/userpass/users/bob").Ok();
        Assert.Empty(await (await host.StorageAsync()).ScanAsync("", 0, default));
        await host.UserAsync("bob", """{"password":"pass-one"}""").Ok();
        await host.LogInAsync("bob", "pass-one", host.Other);
    }

    [Fact]
    public void A_count_does_not_overflow()
    {
        var now = DateTimeOffset.UnixEpoch;
        var full = new FailureRecord { Count = int.MaxValue, Last = now, LockedUntil = now.AddHours(1) };
        Assert.Equal(int.MaxValue, Lockouts.Next(full, UserLockout.Default, now).Count);
    }

    private static string Locked(JsonElement answer, string accessor)
    {
        var ns = Assert.Single(answer.GetProperty("by_namespace").EnumerateArray());
        Assert.Equal(("root", ""), (ns.Text("namespace_id"), ns.Text("namespace_path")));
        var mount = Assert.Single(ns.GetProperty("mount_accessors").EnumerateArray());
        Assert.Equal(accessor, mount.Text("mount_accessor"));
        Assert.Equal(answer.GetProperty("total").GetInt32(), mount.GetProperty("counts").GetInt32());
        return mount.GetProperty("alias_identifiers").GetRawText();
    }
}
