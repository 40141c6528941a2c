using System.Collections.Concurrent;
using System.Globalization;
using Kist.Core.Storage;

namespace Kist.Engines.Tests.Transit;

/// <summary>Many clients of one key, on one node and on two over one store.</summary>
public sealed class TransitRaceTests
{
    private const int Writers = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Racing_rotations_each_add_a_version(int nodes)
    {
        using var hosts = await Hosts.StartAsync(nodes);
        await hosts.Of(0).WriteAsync("keys/k").Ok();
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < 10; round++)
                await hosts.Of(writer).WriteAsync("keys/k/rotate").Ok();
        });
        var key = await hosts.Of(0).ReadAsync("keys/k").Ok();
        Assert.Equal(1 + (10 * Writers), key.Number("latest_version"));
        Assert.Equal(1 + (10 * Writers), key.Body!["keys"]!.AsObject().Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task One_of_those_who_make_a_key_at_once_makes_it_and_all_use_that_one(int nodes)
    {
        using var hosts = await Hosts.StartAsync(nodes);
        for (var round = 0; round < 10; round++)
        {
            var name = $"k{round}";
            var ciphertexts = new ConcurrentBag<string>();
            await EachWriterAsync(async writer =>
                ciphertexts.Add((await hosts.Of(writer).EncryptAsync(name, "x").Ok()).Ciphertext));
            foreach (var ciphertext in ciphertexts)
                await hosts.Of(1).DecryptAsync(name, ciphertext).Ok();
        }
        Assert.Equal(20, (await hosts.Of(0).StoredPathsAsync()).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_is_encrypted_while_the_key_rotates_is_decrypted_by_every_node(int nodes)
    {
        using var hosts = await Hosts.StartAsync(nodes);
        await hosts.Of(0).WriteAsync("keys/k").Ok();
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < 20; round++)
            {
                if (writer == 0)
                {
                    await hosts.Of(round).WriteAsync("keys/k/rotate").Ok();
                    continue;
                }
                var ciphertext = (await hosts.Of(writer).EncryptAsync("k", $"{writer}-{round}").Ok()).Ciphertext;
                var rewrapped = (await hosts.Of(writer + 1).RewrapAsync("k", ciphertext).Ok()).Ciphertext;
                Assert.Equal($"{writer}-{round}", TransitHost.Text((await hosts.Of(writer + round).DecryptAsync("k", rewrapped).Ok()).Plaintext));
            }
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Rotation_configuration_and_trim_race_without_losing_a_version_that_is_kept(int nodes)
    {
        using var hosts = await Hosts.StartAsync(nodes);
        await hosts.Of(0).WriteAsync("keys/k").Ok();
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < 15; round++)
            {
                var host = hosts.Of(writer + round);
                await host.WriteAsync("keys/k/rotate").Ok();
                var latest = (await host.ReadAsync("keys/k").Ok()).Number("latest_version");
                var keep = Math.Max(1, latest - 5);
                // Others may have gone further: then this one is refused.
                await host.WriteAsync("keys/k/config", $$"""{"min_decryption_version":{{keep}},"min_encryption_version":{{keep}}}""");
                await host.WriteAsync("keys/k/trim", $$"""{"min_available_version":{{keep}}}""");
                var ciphertext = (await host.EncryptAsync("k", "x").Ok()).Ciphertext;
                var decrypted = await hosts.Of(writer).DecryptAsync("k", ciphertext);
                Assert.Contains(decrypted.Result, new[] { "ok", "transit.invalid_version" });
            }
        });
        var key = await hosts.Of(0).ReadAsync("keys/k").Ok();
        var available = Enumerable.Range(key.Number("min_available_version"), key.Number("latest_version") - key.Number("min_available_version") + 1);
        var stored = (await hosts.Of(0).StoredPathsAsync()).Where(path => path.StartsWith("v/", StringComparison.Ordinal)).Select(path => Number(path[^10..]));
        Assert.Equal(available, stored);
        Assert.Equal(1 + (15 * Writers), key.Number("latest_version"));
        foreach (var version in key.Body!["keys"]!.AsObject().Select(pair => Number(pair.Key)).Where(v => v >= key.Number("min_encryption_version")))
        {
            var ciphertext = (await hosts.Of(0).EncryptAsync("k", "x", $"\"key_version\":{version}").Ok()).Ciphertext;
            await hosts.Of(1).DecryptAsync("k", ciphertext).Ok();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Deleting_and_making_a_key_again_leaves_nothing_behind_and_mixes_nothing_up(int nodes)
    {
        using var hosts = await Hosts.StartAsync(nodes);
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < 15; round++)
            {
                var host = hosts.Of(writer + round);
                switch (writer % 4)
                {
                    case 0:
                        await host.WriteAsync("keys/k", """{"auto_rotate_period":"1h"}""");
                        await host.WriteAsync("keys/k/config", """{"deletion_allowed":true}""");
                        break;
                    case 1:
                        await host.DeleteAsync("keys/k");
                        break;
                    case 2:
                        await host.WriteAsync("keys/k/rotate");
                        break;
                    default:
                        var encrypted = await host.EncryptAsync("k", "x", "\"type\":\"aes128-gcm96\"");
                        // It was there when create was told from update, and not any more when it should have been used.
                        if (encrypted.Result == "transit.key_not_found")
                            break;
                        Assert.Equal("ok", encrypted.Result);
                        var decrypted = await hosts.Of(writer).DecryptAsync("k", encrypted.Ciphertext);
                        // Between the two, the key may have been deleted and made anew.
                        Assert.Contains(decrypted.Result, new[] { "ok", "transit.not_authentic", "transit.key_not_found", "transit.invalid_version" });
                        break;
                }
            }
        });
        await hosts.Of(0).WriteAsync("keys/k").Ok();
        await hosts.Of(0).WriteAsync("keys/k/config", """{"deletion_allowed":true}""").Ok();
        await hosts.Of(1).DeleteAsync("keys/k").Ok();
        Assert.Empty(await hosts.Of(0).StoredPathsAsync());
    }

    [Fact]
    public async Task Settings_and_ages_are_read_as_of_one_moment()
    {
        using var hosts = await Hosts.StartAsync(2);
        await hosts.Of(0).WriteAsync("keys/k").Ok();
        using var done = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var key = await hosts.Of(1).ReadAsync("keys/k").Ok();
                var (first, last) = (key.Number("min_decryption_version"), key.Number("latest_version"));
                Assert.Equal(Enumerable.Range(first, last - first + 1).Select(v => $"{v}"), key.Body!["keys"]!.AsObject().Select(pair => pair.Key));
            }
        });
        for (var latest = 2; latest <= 150; latest++)
        {
            await hosts.Of(0).WriteAsync("keys/k/rotate").Ok();
            await hosts.Of(0).WriteAsync("keys/k/config", $$"""{"min_decryption_version":{{latest - 1}},"min_encryption_version":{{latest - 1}}}""").Ok();
            await hosts.Of(0).WriteAsync("keys/k/trim", $$"""{"min_available_version":{{latest - 1}}}""").Ok();
        }
        await done.CancelAsync();
        await reader;
    }

    [Fact]
    public async Task A_trim_sees_that_a_minimum_was_lowered_in_between()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        await host.WriteAsync("keys/k/rotate").Ok();
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":2,"min_encryption_version":2}""").Ok();
        host.Store.BeforeNextCommit(() => host.WriteAsync("keys/k/config", """{"min_decryption_version":1}""").Ok());
        await host.WriteAsync("keys/k/trim", """{"min_available_version":2}""").Is("transit.invalid_trim");
        Assert.Equal(2, (await host.ReadAsync("keys/k").Ok()).Body!["keys"]!.AsObject().Count);
    }

    [Fact]
    public async Task A_deletion_sees_that_it_was_forbidden_in_between()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        await host.WriteAsync("keys/k/config", """{"deletion_allowed":true}""").Ok();
        host.Store.BeforeNextCommit(() => host.WriteAsync("keys/k/config", """{"deletion_allowed":false}""").Ok());
        await host.DeleteAsync("keys/k").Is("transit.deletion_not_allowed");
    }

    [Fact]
    public async Task A_refusal_that_rests_on_an_old_look_is_reconsidered()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        host.Store.BeforeNextCommit(() => host.WriteAsync("keys/k/rotate").Ok());
        Assert.Equal(2, (await host.EncryptAsync("k", "x", "\"key_version\":2").Ok()).Number("key_version"));
    }

    [Fact]
    public async Task A_change_that_the_store_does_not_confirm_is_not_tried_again()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        host.Store.OnCommit = static (_, _) => new(CommitOutcome.Unknown);
        await host.WriteAsync("keys/k/rotate").Is("store.unknown_outcome");
        await host.EncryptAsync("new", "x").Is("store.unknown_outcome");
        host.Store.OnCommit = static (_, commit) => commit();
        Assert.Equal(1, (await host.ReadAsync("keys/k").Ok()).Number("latest_version"));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static Task EachWriterAsync(Func<int, Task> write) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => write(writer))));

    private sealed class Hosts(List<TransitHost> hosts) : IDisposable
    {
        public static async Task<Hosts> StartAsync(int count)
        {
            var started = new List<TransitHost> { await TransitHost.StartAsync() };
            started[0].Store.Interleave();
            while (started.Count < count)
                started.Add(await started[0].StartPeerAsync());
            return new(started);
        }

        public TransitHost Of(int client) => hosts[client % hosts.Count];

        public void Dispose() => hosts.ForEach(host => host.Dispose());
    }
}
