using System.Net;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Kms;
using Kist.Kubernetes.Kms.KeyFiles;

namespace Kist.Kubernetes.Tests.Kms;

public sealed class KmsPluginTests : IDisposable
{
    private static readonly byte[] Seed = RandomNumberGenerator.GetBytes(32);

    private readonly string home = Directory.CreateTempSubdirectory("kist-kms-").FullName;
    private readonly FakeTransit transit = new();
    private readonly ShiftedTime time = new();

    public void Dispose()
    {
        transit.Dispose();
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task What_one_node_encrypts_another_decrypts_under_the_same_key_id()
    {
        using var one = await TestPlugin.ServingAsync(transit, time);
        using var other = await TestPlugin.ServingAsync(transit, time);
        Assert.Equal(one.KeyId, other.KeyId);
        Assert.Equal(Seed, await other.DecryptAsync(one.Encrypt(Seed)));
        Assert.Equal(Seed, await one.DecryptAsync(other.Encrypt(Seed)));
    }

    [Fact]
    public async Task Key_id_is_the_same_after_a_restart_and_old_values_are_read()
    {
        TestPlugin.Wrapped wrapped;
        string keyId;
        using (var before = await TestPlugin.ServingAsync(transit, time))
            (wrapped, keyId) = (before.Encrypt(Seed), before.KeyId);
        using var after = await TestPlugin.ServingAsync(transit, time);
        Assert.Equal(keyId, after.KeyId);
        Assert.Equal(Seed, await after.DecryptAsync(wrapped));
    }

    [Fact]
    public async Task Nobody_is_asked_while_a_local_key_serves()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var before = transit.Requests.Values.Sum();
        for (var i = 0; i < 100; i++)
            Assert.Equal(Seed, await plugin.DecryptAsync(plugin.Encrypt(Seed)));
        Assert.Equal(before, transit.Requests.Values.Sum());
    }

    [Fact]
    public async Task A_rotation_is_noticed_by_polling_and_both_nodes_agree_and_nothing_stays_unreadable()
    {
        using var one = await TestPlugin.ServingAsync(transit, time);
        using var other = await TestPlugin.ServingAsync(transit, time);
        var old = one.Encrypt(Seed);
        transit.Rotate();
        await one.PollAsync();
        Assert.NotEqual(old.Value.KeyId, one.KeyId);
        var current = one.Encrypt(Seed);
        Assert.Equal(one.KeyId, current.Value.KeyId);
        Assert.Equal(Seed, await other.DecryptAsync(current));
        await other.PollAsync();
        Assert.Equal(one.KeyId, other.KeyId);
        Assert.Equal(Seed, await other.DecryptAsync(old));
        Assert.Equal(other.KeyId, other.Encrypt(Seed).Value.KeyId);
    }

    [Fact]
    public async Task A_node_that_meets_a_newer_key_id_asks_at_once()
    {
        using var one = await TestPlugin.ServingAsync(transit, time);
        // Hours until its own question.
        using var other = new TestPlugin(transit, time, change: o => o with { PollInterval = TimeSpan.FromHours(5) });
        using var stop = new CancellationTokenSource();
        var running = other.Plugin.RunAsync(stop.Token);
        await UntilAsync(() => other.KeyId == one.KeyId);
        transit.Rotate();
        await one.PollAsync();
        Assert.Equal(Seed, await other.DecryptAsync(one.Encrypt(Seed)));
        await UntilAsync(() => other.KeyId == one.KeyId);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_key_that_was_deleted_and_made_again_has_another_key_id()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var before = plugin.KeyId;
        transit.Recreate();
        await plugin.PollAsync();
        Assert.NotEqual(before, plugin.KeyId);
        using var other = await TestPlugin.ServingAsync(transit, time);
        Assert.Equal(Seed, await other.DecryptAsync(plugin.Encrypt(Seed)));
    }

    [Fact]
    public async Task Remote_key_that_says_nothing_at_all_is_out_and_the_fallback_key_serves()
    {
        using var warm = await TestPlugin.ServingAsync(transit, time);
        transit.IsBlackHole = true;
        await warm.PollAsync();
        Assert.Equal((KmsCondition.Degraded, "ok"), (warm.Condition, warm.Plugin.Health()));

        using var cold = new TestPlugin(transit, time, NewKeyFile("fallback.key"));
        await cold.PollAsync();
        Assert.Equal(KmsCondition.Fallback, cold.Condition);
        Assert.Equal(Seed, await cold.DecryptAsync(cold.Encrypt(Seed)));
    }

    [Fact]
    public async Task An_outage_is_reported_and_served_through()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var old = plugin.Encrypt(Seed);
        transit.IsDown = true;
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromHours(1));
            await plugin.PollAsync();
        }
        Assert.Equal(KmsCondition.Degraded, plugin.Condition);
        Assert.Contains("connection refused", plugin.Plugin.Report().Reason);
        Assert.Equal("ok", plugin.Plugin.Health());
        Assert.Equal(Seed, await plugin.DecryptAsync(plugin.Encrypt(Seed)));
        Assert.Equal(Seed, await plugin.DecryptAsync(old));
        Assert.Contains("kist_kms_remote_up 0", plugin.Metrics.Render(plugin.Plugin.Report(), time.GetUtcNow()));
        transit.IsDown = false;
        await plugin.PollAsync();
        Assert.Equal(KmsCondition.Serving, plugin.Condition);
        Assert.Equal(["key", "Serving", "Degraded", "Serving"], plugin.Told.Where(t => !t.StartsWith("poll", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    public async Task Answers_that_nobody_decided_on_are_an_outage(HttpStatusCode status)
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        transit.Refusals["keys"] = status;
        await PollForAsync(plugin, TimeSpan.FromDays(1));
        Assert.Equal(KmsCondition.Degraded, plugin.Condition);
        Assert.Null(plugin.EncryptFailure());
    }

    [Theory]
    [InlineData("keys", HttpStatusCode.Forbidden)]
    [InlineData("keys", HttpStatusCode.NotFound)]
    [InlineData("encrypt", HttpStatusCode.Forbidden)]
    [InlineData("encrypt", HttpStatusCode.BadRequest)]
    [InlineData("decrypt", HttpStatusCode.Forbidden)]
    public async Task An_explicit_refusal_ends_Encrypt_within_ten_minutes_and_is_told(string what, HttpStatusCode status)
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var old = plugin.Encrypt(Seed);
        transit.Refusals[what] = status;
        await plugin.PollAsync();
        Assert.Equal((KmsCondition.Degraded, "ok"), (plugin.Condition, plugin.Plugin.Health()));
        // With the three minutes after which the API server takes no write without a good Status.
        await PollForAsync(plugin, TimeSpan.FromMinutes(7));
        Assert.Equal(KmsCondition.Refused, plugin.Condition);
        Assert.Contains($"{(int)status}", plugin.Plugin.Health());
        Assert.Equal(FailureKind.Denied, plugin.EncryptFailure()?.Kind);
        // What is in memory is still read.
        Assert.Equal(Seed, await plugin.DecryptAsync(old));
        transit.Refusals.Clear();
        await plugin.PollAsync();
        Assert.Equal((KmsCondition.Serving, "ok"), (plugin.Condition, plugin.Plugin.Health()));
    }

    [Fact]
    public async Task One_refusal_alone_ends_nothing_and_an_outage_does_not_undo_a_refusal()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        transit.Refusals["keys"] = HttpStatusCode.Forbidden;
        await plugin.PollAsync();
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.Null(plugin.EncryptFailure());
        transit.IsDown = true;
        await plugin.PollAsync();
        Assert.Null(plugin.EncryptFailure());
        transit.IsDown = false;
        await plugin.PollAsync();
        Assert.NotNull(plugin.EncryptFailure());
        transit.IsDown = true;
        await plugin.PollAsync();
        Assert.Equal(KmsCondition.Refused, plugin.Condition);
        // What refused is told, not what came after it.
        foreach (var told in (string[])[plugin.Plugin.Health(), plugin.Plugin.Report().Reason, plugin.EncryptFailure()!.Message])
        {
            Assert.Contains("the fake says no", told);
            Assert.DoesNotContain("connection refused", told);
        }
    }

    [Fact]
    public async Task A_refusal_that_outages_interrupt_now_and_then_holds_all_the_same()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        transit.Refusals["keys"] = HttpStatusCode.Forbidden;
        for (var i = 0; i < 20; i++)
        {
            transit.IsDown = i % 2 == 1;
            await plugin.PollAsync();
            time.Advance(TimeSpan.FromSeconds(15));
        }
        Assert.Equal(KmsCondition.Refused, plugin.Condition);
    }

    [Fact]
    public async Task A_version_that_may_no_longer_be_decrypted_counts_as_a_refusal()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        transit.MinDecryption = 2;
        await PollForAsync(plugin, TimeSpan.FromMinutes(7));
        Assert.Equal(KmsCondition.Refused, plugin.Condition);
        transit.Rotate();
        await plugin.PollAsync();
        Assert.Equal(KmsCondition.Serving, plugin.Condition);
    }

    [Fact]
    public async Task A_key_that_wraps_and_does_not_unwrap_is_never_encrypted_under()
    {
        transit.Refusals["decrypt"] = HttpStatusCode.Forbidden;
        using var plugin = new TestPlugin(transit, time);
        await plugin.PollAsync();
        Assert.Equal(KmsCondition.Starting, plugin.Condition);
        Assert.NotNull(plugin.EncryptFailure());
    }

    [Fact]
    public async Task Before_the_remote_key_answers_Status_says_why()
    {
        transit.IsDown = true;
        using var plugin = new TestPlugin(transit, time);
        await plugin.PollAsync();
        Assert.Equal((KmsCondition.Starting, (string?)null), (plugin.Condition, plugin.Plugin.CurrentKeyId));
        Assert.Contains("connection refused", plugin.Plugin.Health());
        Assert.Equal(FailureKind.Unavailable, plugin.EncryptFailure()?.Kind);
        transit.IsDown = false;
        await plugin.PollAsync();
        Assert.Equal("ok", plugin.Plugin.Health());
    }

    [Fact]
    public async Task Cold_start_without_the_remote_key_reads_and_writes_by_the_fallback_key()
    {
        var file = NewKeyFile("fallback.key");
        TestPlugin.Wrapped before;
        string remoteId;
        using (var warm = await TestPlugin.ServingAsync(transit, time, file))
            (before, remoteId) = (warm.Encrypt(Seed), warm.KeyId);
        transit.IsDown = true;
        using var cold = new TestPlugin(transit, time, file);
        await cold.PollAsync();
        Assert.Equal((KmsCondition.Fallback, "ok"), (cold.Condition, cold.Plugin.Health()));
        Assert.Equal(Seed, await cold.DecryptAsync(before));
        var meanwhile = cold.Encrypt(Seed);
        // Another key id: what is written meanwhile is stale once the remote key is back, and no longer under the fallback key alone when rewritten.
        Assert.NotEqual(remoteId, meanwhile.Value.KeyId);
        Assert.StartsWith("key-file/", meanwhile.Value.KeyId);
        transit.IsDown = false;
        await cold.PollAsync();
        Assert.Equal((KmsCondition.Serving, remoteId), (cold.Condition, cold.KeyId));
        Assert.Equal(Seed, await cold.DecryptAsync(meanwhile));
        using var third = await TestPlugin.ServingAsync(transit, time, file);
        Assert.Equal(Seed, await third.DecryptAsync(meanwhile));
        Assert.Equal(Seed, await third.DecryptAsync(before));
    }

    [Fact]
    public async Task The_fallback_key_waits_for_a_network_that_comes_up_late_but_reads_at_once()
    {
        var file = NewKeyFile("fallback.key");
        using var warm = await TestPlugin.ServingAsync(transit, time, file);
        transit.IsDown = true;
        using var cold = new TestPlugin(transit, time, file, o => o with { FallbackAfter = TimeSpan.FromSeconds(10) });
        await cold.PollAsync();
        Assert.Equal(KmsCondition.Starting, cold.Condition);
        Assert.Equal(Seed, await cold.DecryptAsync(warm.Encrypt(Seed)));
        time.Advance(TimeSpan.FromSeconds(11));
        await cold.PollAsync();
        Assert.Equal(KmsCondition.Fallback, cold.Condition);
    }

    [Fact]
    public async Task A_warm_node_keeps_its_key_id_in_an_outage_and_reads_what_a_cold_one_writes()
    {
        var file = NewKeyFile("fallback.key");
        using var warm = await TestPlugin.ServingAsync(transit, time, file);
        var keyId = warm.KeyId;
        transit.IsDown = true;
        await warm.PollAsync();
        using var cold = new TestPlugin(transit, time, file);
        await cold.PollAsync();
        Assert.Equal(keyId, warm.KeyId);
        Assert.Equal(Seed, await warm.DecryptAsync(cold.Encrypt(Seed)));
        Assert.Equal(Seed, await cold.DecryptAsync(warm.Encrypt(Seed)));
    }

    [Fact]
    public async Task The_fallback_key_does_not_stand_in_for_a_remote_key_that_refuses()
    {
        var file = NewKeyFile("fallback.key");
        TestPlugin.Wrapped before;
        using (var warm = await TestPlugin.ServingAsync(transit, time, file))
            before = warm.Encrypt(Seed);
        foreach (var word in (string[])["keys", "encrypt", "decrypt"])
            transit.Refusals[word] = HttpStatusCode.Forbidden;
        using var cold = new TestPlugin(transit, time, file);
        await cold.PollAsync();
        Assert.Equal(KmsCondition.Starting, cold.Condition);
        await PollForAsync(cold, TimeSpan.FromMinutes(7));
        Assert.Equal(KmsCondition.Refused, cold.Condition);
        Assert.NotNull(cold.EncryptFailure());
        Assert.Equal(FailureKind.Denied, (await cold.TryDecryptAsync(before)).Failure?.Kind);
        // Nor when somebody strips the annotation of the remote key.
        var stripped = new KmsCiphertext(
            before.Value.Ciphertext, before.Value.KeyId, [.. before.Value.Annotations.Where(a => a.Name.StartsWith("fallback", StringComparison.Ordinal))]);
        Assert.False((await cold.TryDecryptAsync(new TestPlugin.Wrapped(stripped))).Succeeded);
        // An outage after the refusal changes nothing.
        transit.IsDown = true;
        await PollForAsync(cold, TimeSpan.FromHours(7));
        Assert.False((await cold.TryDecryptAsync(before)).Succeeded);
        Assert.NotNull(cold.EncryptFailure());
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task A_proxy_that_answers_for_a_server_that_is_away_is_an_outage_however_long_and_the_fallback_key_serves(HttpStatusCode status)
    {
        var file = NewKeyFile("fallback.key");
        using var warm = await TestPlugin.ServingAsync(transit, time, file);
        var before = warm.Encrypt(Seed);
        transit.Page = status;
        using var cold = new TestPlugin(transit, time, file);
        await PollForAsync(cold, TimeSpan.FromHours(1));
        await PollForAsync(warm, TimeSpan.FromHours(1));
        Assert.Equal((KmsCondition.Fallback, KmsCondition.Degraded), (cold.Condition, warm.Condition));
        Assert.Equal(Seed, await cold.DecryptAsync(before));
        Assert.Equal(Seed, await warm.DecryptAsync(cold.Encrypt(Seed)));
    }

    // Slips that are more than ten minutes apart, and such as would count as one refusal that holds if there were no outage between.
    [Theory]
    [InlineData(HttpStatusCode.Forbidden, 12)]
    [InlineData(HttpStatusCode.Forbidden, 4)]
    [InlineData(HttpStatusCode.NotFound, 4)]
    public async Task A_stray_refusal_in_an_outage_does_not_take_the_fallback_key_away(HttpStatusCode status, int minutes)
    {
        var file = NewKeyFile("fallback.key");
        TestPlugin.Wrapped before;
        using (var warm = await TestPlugin.ServingAsync(transit, time, file))
            before = warm.Encrypt(Seed);
        using var cold = new TestPlugin(transit, time, file, o => o with { FallbackAfter = TimeSpan.FromSeconds(10) });
        // What answers for a server that starts or ends, now and then, however long the outage.
        for (var i = 0; i < 4; i++)
        {
            transit.IsDown = false;
            transit.Refusals["keys"] = status;
            await cold.PollAsync();
            transit.IsDown = true;
            await PollForAsync(cold, TimeSpan.FromMinutes(minutes));
            Assert.Equal(KmsCondition.Fallback, cold.Condition);
            Assert.Null(cold.EncryptFailure());
            Assert.Equal(Seed, await cold.DecryptAsync(before));
        }
    }

    [Fact]
    public async Task A_refusal_is_asked_about_again_soon_however_long_the_poll_interval()
    {
        using var plugin = new TestPlugin(transit, time, change: o => o with
        {
            PollInterval = TimeSpan.FromHours(5),
            PollIntervalInDoubt = TimeSpan.FromMilliseconds(10),
            RefusalGrace = TimeSpan.Zero,
        });
        await plugin.PollAsync();
        transit.Refusals["keys"] = HttpStatusCode.Forbidden;
        using var stop = new CancellationTokenSource();
        var running = plugin.Plugin.RunAsync(stop.Token);
        await UntilAsync(() => plugin.Condition == KmsCondition.Refused);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_new_version_of_the_fallback_file_wraps_without_a_restart_and_a_faulty_file_changes_nothing()
    {
        var file = NewKeyFile("fallback.key");
        using var plugin = await TestPlugin.ServingAsync(transit, time, file);
        var (old, keyId) = (plugin.Encrypt(Seed), plugin.KeyId);
        UseNewVersion(file);
        await plugin.PollAsync();
        var now = plugin.Encrypt(Seed);
        Assert.Equal(keyId, now.Value.KeyId);
        Assert.Contains("key-file/v1/", FallbackAnnotation(old));
        Assert.Contains("key-file/v2/", FallbackAnnotation(now));

        var good = File.ReadAllBytes(file);
        Assert.Contains("kist_kms_fallback_up 1", plugin.Metrics.Render(plugin.Plugin.Report(), time.GetUtcNow()));
        File.WriteAllText(file, "nonsense");
        await plugin.PollAsync();
        Assert.Contains("kist_kms_fallback_up 0", plugin.Metrics.Render(plugin.Plugin.Report(), time.GetUtcNow()));
        Assert.Equal(KmsCondition.Serving, plugin.Condition);
        Assert.Contains("fallback: kms.remote_unavailable", plugin.Told);
        Assert.Equal(FallbackAnnotation(now), FallbackAnnotation(plugin.Encrypt(Seed)));
        Assert.Equal(Seed, await plugin.DecryptAsync(old));

        File.WriteAllBytes(file, good);
        await plugin.PollAsync();
        Assert.Contains("kist_kms_fallback_up 1", plugin.Metrics.Render(plugin.Plugin.Report(), time.GetUtcNow()));
        Assert.Contains("fallback: answers", plugin.Told);
    }

    [Fact]
    public async Task A_new_version_of_the_fallback_file_takes_over_while_only_that_serves()
    {
        var file = NewKeyFile("fallback.key");
        transit.IsDown = true;
        using var cold = new TestPlugin(transit, time, file);
        await cold.PollAsync();
        var old = cold.Encrypt(Seed);
        UseNewVersion(file);
        await cold.PollAsync();
        Assert.StartsWith("key-file/v2/", cold.KeyId);
        Assert.Equal((KmsCondition.Fallback, cold.KeyId), (cold.Condition, cold.Encrypt(Seed).Value.KeyId));
        Assert.Equal(Seed, await cold.DecryptAsync(old));
    }

    [Fact]
    public async Task Without_the_fallback_file_what_it_alone_wrapped_is_refused_with_advice()
    {
        transit.IsDown = true;
        using var cold = new TestPlugin(transit, time, NewKeyFile("fallback.key"));
        await cold.PollAsync();
        var meanwhile = cold.Encrypt(Seed);
        transit.IsDown = false;
        using var other = await TestPlugin.ServingAsync(transit, time);
        Assert.Contains("-fallback-key-file", (await other.TryDecryptAsync(meanwhile)).Failure?.Message);
    }

    [Fact]
    public async Task A_local_key_is_replaced_by_age_under_the_same_key_id()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var old = plugin.Encrypt(Seed);
        await plugin.PollAsync();
        Assert.Equal(Annotation(old), Annotation(plugin.Encrypt(Seed)));
        time.Advance(TimeSpan.FromDays(8));
        await plugin.PollAsync();
        var now = plugin.Encrypt(Seed);
        Assert.NotEqual(Annotation(old), Annotation(now));
        Assert.Equal(old.Value.KeyId, now.Value.KeyId);
        Assert.Equal(Seed, await plugin.DecryptAsync(old));
    }

    [Fact]
    public async Task A_local_key_is_replaced_by_use_and_serves_on_in_an_outage_up_to_its_bound()
    {
        using var plugin = new TestPlugin(transit, time, change: o => o with { LocalKeyUses = 10, MostUses = 20 });
        await plugin.PollAsync();
        var first = plugin.Encrypt(Seed);
        for (var i = 0; i < 9; i++)
            plugin.Encrypt(Seed);
        await plugin.PollAsync();
        Assert.NotEqual(Annotation(first), Annotation(plugin.Encrypt(Seed)));
        transit.IsDown = true;
        for (var i = 0; i < 19; i++)
            plugin.Encrypt(Seed);
        await plugin.PollAsync();
        Assert.Equal("kms.local_key_worn", plugin.EncryptFailure()?.Code);
    }

    [Fact]
    public async Task Many_that_ask_at_once_for_one_local_key_unwrap_it_once()
    {
        using var one = await TestPlugin.ServingAsync(transit, time);
        using var other = await TestPlugin.ServingAsync(transit, time);
        var wrapped = one.Encrypt(Seed);
        var before = transit.Requests["decrypt"];
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => other.DecryptAsync(wrapped))));
        Assert.Equal(before + 1, transit.Requests["decrypt"]);
    }

    [Fact]
    public async Task A_caller_that_waits_no_longer_does_not_end_the_question_for_others()
    {
        using var one = await TestPlugin.ServingAsync(transit, time);
        using var other = await TestPlugin.ServingAsync(transit, time);
        var wrapped = one.Encrypt(Seed);
        transit.Hangs = true;
        using var gone = new CancellationTokenSource();
        var waiting = other.Plugin.DecryptAsync(wrapped.Value.Ciphertext, wrapped.Value.KeyId, wrapped.Value.Annotations, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        transit.Hangs = false;
        Assert.NotNull(other);
    }

    [Fact]
    public async Task A_remote_key_that_gives_no_answer_is_out_after_its_time()
    {
        using var plugin = new TestPlugin(transit, time, change: o => o with { RemoteTimeout = TimeSpan.FromMilliseconds(50) });
        transit.Hangs = true;
        await plugin.PollAsync();
        Assert.Contains("no answer within", plugin.Plugin.Health());
    }

    [Fact]
    public async Task Few_unwrapped_keys_are_kept_and_all_values_are_read_still()
    {
        using var writer = new TestPlugin(transit, time, change: o => o with { LocalKeyUses = 1 });
        var values = new List<TestPlugin.Wrapped>();
        for (var i = 0; i < 12; i++)
        {
            await writer.PollAsync();
            values.Add(writer.Encrypt(Seed));
        }
        using var reader = new TestPlugin(transit, time, change: o => o with { CachedKeys = 3 });
        await reader.PollAsync();
        for (var round = 0; round < 2; round++)
        {
            foreach (var value in values)
                Assert.Equal(Seed, await reader.DecryptAsync(value));
        }
        Assert.Equal(3, reader.Plugin.Report().CachedKeys);
    }

    [Fact]
    public async Task Every_flipped_bit_is_refused()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var (ciphertext, keyId, annotations) = plugin.Encrypt(Seed).Value;
        for (var bit = 0; bit < ciphertext.Length * 8; bit++)
        {
            var changed = ciphertext.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal("kms.not_ours", (await plugin.Plugin.DecryptAsync(changed, keyId, annotations, default)).Failure?.Code);
        }
        var value = annotations[0].Value.ToArray();
        for (var at = 0; at < value.Length; at++)
        {
            var changed = value.ToArray();
            changed[at] ^= 1;
            Assert.False((await plugin.Plugin.DecryptAsync(ciphertext, keyId, [new KmsAnnotation(annotations[0].Name, changed)], default)).Succeeded);
        }
        Assert.False((await plugin.Plugin.DecryptAsync(ciphertext, keyId + "0", annotations, default)).Succeeded);
        Assert.False((await plugin.Plugin.DecryptAsync(ciphertext, "", annotations, default)).Succeeded);
    }

    [Fact]
    public async Task Values_of_v1_and_v2_do_not_pass_for_each_other()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var (ciphertext, keyId, annotations) = plugin.Encrypt(Seed).Value;
        var v1 = plugin.Plugin.EncryptV1(Seed).Value;
        Assert.Equal(Seed, (await plugin.Plugin.DecryptV1Async(v1, default)).Value);
        Assert.False((await plugin.Plugin.DecryptAsync(new byte[] { 1 }.Concat(v1[^60..]).ToArray(), keyId, annotations, default)).Succeeded);
        Assert.False((await plugin.Plugin.DecryptV1Async(v1[..^60].Concat(ciphertext.ToArray()[1..]).ToArray(), default)).Succeeded);
    }

    [Fact]
    public async Task Any_bytes_are_refused_and_never_a_fault()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        var good = plugin.Plugin.EncryptV1(Seed).Value;
        for (var i = 0; i < 3000; i++)
        {
            var bytes = i % 2 == 0 ? RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(200)) : good.ToArray();
            if (i % 2 == 1)
                bytes[RandomNumberGenerator.GetInt32(bytes.Length)] ^= (byte)RandomNumberGenerator.GetInt32(1, 256);
            Assert.False((await plugin.Plugin.DecryptV1Async(bytes, default)).Succeeded);
            KmsAnnotation[] annotations = [new("local-key.kist.internal", bytes), new("fallback-local-key.kist.internal", bytes), new("other.example.org", bytes)];
            Assert.False((await plugin.Plugin.DecryptAsync(bytes, "k", annotations, default)).Succeeded);
        }
    }

    [Fact]
    public async Task Answers_keep_to_the_API_servers_limits_even_with_a_fallback_key()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time, NewKeyFile("fallback.key"));
        Assert.Null(EncryptedObjectRules.CheckWrapped(plugin.Encrypt(Seed).Value));
        Assert.Null(EncryptedObjectRules.CheckWrapped(plugin.Encrypt(new byte[KmsPlugin.MostPlaintext]).Value));
        Assert.Equal("kms.too_long", plugin.Plugin.Encrypt(new byte[KmsPlugin.MostPlaintext + 1]).Failure?.Code);
        Assert.Equal("kms.too_long", plugin.Plugin.EncryptV1(new byte[65_536]).Failure?.Code);
    }

    [Fact]
    public async Task An_object_is_written_and_read_as_an_API_server_does_and_stale_after_a_rotation()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        using var seed = SecretBytes.Random(32);
        var wrapped = (await plugin.Plugin.EncryptAsync(seed, default)).Value;
        transit.Rotate();
        await plugin.PollAsync();
        Assert.NotEqual(wrapped.KeyId, plugin.Plugin.CurrentKeyId);
        using var read = (await plugin.Plugin.DecryptAsync(wrapped, default)).Value;
        Assert.True(read.FixedTimeEquals(seed.Span));
    }

    [Fact]
    public async Task Threads_get_each_their_own()
    {
        using var plugin = await TestPlugin.ServingAsync(transit, time);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                var own = RandomNumberGenerator.GetBytes(32);
                Assert.Equal(own, await plugin.DecryptAsync(plugin.Encrypt(own)));
            }
        })));
    }

    private static string Annotation(TestPlugin.Wrapped wrapped) => Convert.ToHexString(wrapped.Value.Annotations.Single().Value.Span);

    private static string FallbackAnnotation(TestPlugin.Wrapped wrapped) => System.Text.Encoding.Latin1.GetString(
        wrapped.Value.Annotations.Single(a => a.Name.StartsWith("fallback", StringComparison.Ordinal)).Value.Span);

    private void UseNewVersion(string path)
    {
        using var file = KmsKeyFile.Read(path).Value;
        file.WithNewVersion(time).Using(2)!.Write(path, replace: true);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
            await Task.Delay(20, patience.Token);
    }

    private async Task PollForAsync(TestPlugin plugin, TimeSpan duration)
    {
        for (var i = 0; i < 10; i++)
        {
            await plugin.PollAsync();
            time.Advance(duration / 10);
        }
    }

    private string NewKeyFile(string name)
    {
        var path = Path.Combine(home, name);
        using var file = KmsKeyFile.Create(time);
        file.Write(path, replace: false);
        return path;
    }
}
