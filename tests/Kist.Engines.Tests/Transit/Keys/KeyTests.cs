using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Tests.Transit.Keys;

/// <summary>Making, reading, listing and deleting keys.</summary>
public sealed class KeyTests
{
    [Fact]
    public async Task A_new_key_reads_as_the_documentation_says()
    {
        using var host = await TransitHost.StartAsync();
        var made = await host.WriteAsync("keys/app").Ok();
        var read = await host.ReadAsync("keys/app").Ok();
        Assert.Equal(made.Body!.ToJsonString(), read.Body!.ToJsonString());
        Assert.Equal(
            """{"name":"app","type":"aes256-gcm96","latest_version":1,"min_available_version":0,"min_decryption_version":1,"min_encryption_version":0""" +
            ""","keys":{"1":1740830400},"deletion_allowed":false,"derived":false,"exportable":false,"allow_plaintext_backup":false""" +
            ""","auto_rotate_period":0,"imported_key":false,"supports_encryption":true,"supports_decryption":true,"supports_derivation":true""" +
            ""","supports_signing":false}""",
            read.Body.ToJsonString());
    }

    [Fact]
    public async Task Settings_of_a_new_key_are_kept()
    {
        using var host = await TransitHost.StartAsync();
        const string settings = """
            {"type":"aes128-gcm96","derived":"true","convergent_encryption":true,"exportable":true,"allow_plaintext_backup":1,"auto_rotate_period":"30d"}
            """;
        var key = await host.WriteAsync("keys/app", settings).Ok();
        Assert.Equal("aes128-gcm96", key.Text("type"));
        Assert.Equal("hkdf_sha256", key.Text("kdf"));
        Assert.Equal((3, 2_592_000), (key.Number("convergent_encryption_version"), key.Number("auto_rotate_period")));
        Assert.True(key.Flag("derived") && key.Flag("convergent_encryption") && key.Flag("exportable") && key.Flag("allow_plaintext_backup"));
    }

    [Fact]
    public async Task Making_a_key_that_exists_leaves_it_as_it_is_and_says_so()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        var sealedBefore = (await host.EncryptAsync("app", "x").Ok()).Ciphertext;
        var again = await host.WriteAsync("keys/app", """{"type":"aes128-gcm96","derived":true,"exportable":true}""").Ok();
        Assert.Equal(["key app already existed"], again.Warnings);
        Assert.Equal(("aes256-gcm96", false, false), (again.Text("type"), again.Flag("derived"), again.Flag("exportable")));
        await host.DecryptAsync("app", sealedBefore).Ok();
    }

    [Theory]
    [InlineData("chacha20-poly1305")]
    [InlineData("rsa-2048")]
    [InlineData("ed25519")]
    [InlineData("AES256-GCM96")]
    [InlineData("")]
    public async Task Another_type_is_refused_with_a_list_of_what_there_is(string type)
    {
        using var host = await TransitHost.StartAsync();
        var refused = await host.WriteAsync("keys/app", $$"""{"type":"{{type}}"}""").Is("transit.unknown_key_type");
        Assert.Equal($"unknown key type \"{type}\"; this server has: aes256-gcm96, aes128-gcm96", refused.Failure!.Message);
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Theory]
    [InlineData("""{"convergent_encryption":true}""", "transit.convergent_needs_derived")]
    [InlineData("""{"auto_rotate_period":"59m"}""", "transit.invalid_period")]
    [InlineData("""{"auto_rotate_period":-3600}""", "transit.invalid_period")]
    [InlineData("""{"auto_rotate_period":"200y"}""", "request.invalid_field")]
    [InlineData("""{"auto_rotate_period":"876001h"}""", "transit.invalid_period")]
    [InlineData("""{"auto_rotate_period":1e10}""", "transit.invalid_period")]
    [InlineData("""{"derived":"perhaps"}""", "request.invalid_field")]
    public async Task Settings_that_cannot_be_are_refused(string settings, string code)
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app", settings).Is(code);
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Theory]
    [InlineData("keys/-a")]
    [InlineData("keys/a.")]
    [InlineData("keys/a b")]
    public async Task A_bad_name_is_refused(string path)
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync(path).Is("transit.invalid_name");
        await host.ReadAsync(path).Is("transit.invalid_name");
        await host.DeleteAsync(path).Is("transit.invalid_name");
        await host.WriteAsync(path + "/rotate").Is("transit.invalid_name");
    }

    [Fact]
    public async Task A_key_that_is_not_there_is_not_found_when_read_and_refused_when_used()
    {
        using var host = await TransitHost.StartAsync();
        await host.ReadAsync("keys/none").Is("not_found");
        await host.ReadAsync("export/encryption-key/none").Is("not_found");
        foreach (var path in new[] { "keys/none/rotate", "keys/none/config", "datakey/plaintext/none" })
            await host.WriteAsync(path).Is("transit.key_not_found");
        await host.WriteAsync("keys/none/trim", """{"min_available_version":1}""").Is("transit.key_not_found");
        await host.DeleteAsync("keys/none").Is("transit.key_not_found");
        await host.DecryptAsync("none", "vault:v1:EBESExQVFhcYGRobAY9enWbm++wDiW7ksejQMA==").Is("transit.key_not_found");
        await host.RewrapAsync("none", "vault:v1:EBESExQVFhcYGRobAY9enWbm++wDiW7ksejQMA==").Is("transit.key_not_found");
    }

    [Fact]
    public async Task A_list_is_in_order_and_has_pages()
    {
        using var host = await TransitHost.StartAsync();
        await host.ListAsync("keys/").Is("not_found");
        foreach (var name in new[] { "b", "a-1", "a.2", "c" })
            await host.WriteAsync($"keys/{name}").Ok();
        Assert.Equal(["a-1", "a.2", "b", "c"], (await host.ListAsync("keys/").Ok()).Keys);
        Assert.Equal(["a-1", "a.2"], (await host.ListAsync("keys/?limit=2").Ok()).Keys);
        Assert.Equal(["b"], (await host.ListAsync("keys/?after=a.2&limit=1").Ok()).Keys);
        await host.ListAsync("keys/?after=zzz").Is("not_found");
        await host.ListAsync($"keys/?after={new string('z', 4_000)}").Is("transit.invalid_after");
    }

    [Fact]
    public async Task A_key_is_deleted_only_when_its_settings_allow_it_and_then_with_all_it_had()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app", """{"auto_rotate_period":"24h"}""").Ok();
        await host.WriteAsync("keys/other").Ok();
        var ciphertext = (await host.EncryptAsync("app", "x").Ok()).Ciphertext;
        await host.DeleteAsync("keys/app").Is("transit.deletion_not_allowed");
        await host.DecryptAsync("app", ciphertext).Ok();
        await host.WriteAsync("keys/app/config", """{"deletion_allowed":true}""").Ok();
        Assert.Null((await host.DeleteAsync("keys/app").Ok()).Body);
        await host.DecryptAsync("app", ciphertext).Is("transit.key_not_found");
        Assert.Equal(["other"], (await host.ListAsync("keys/").Ok()).Keys);
        Assert.DoesNotContain(await host.StoredPathsAsync(), path => path.EndsWith("app", StringComparison.Ordinal));
        Assert.Single(await host.StoredPathsAsync(), path => path.StartsWith("v/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_with_more_versions_than_a_transaction_holds_is_deleted_in_steps_that_can_be_taken_up_again()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        for (var version = 2; version <= 200; version++)
            await host.WriteAsync("keys/app/rotate").Ok();
        await host.WriteAsync("keys/app/config", """{"deletion_allowed":true}""").Ok();
        var latest = (await host.EncryptAsync("app", "x").Ok()).Ciphertext;
        var commits = 0;
        host.Store.OnCommit = (_, commit) => ++commits == 2 ? throw new Kist.Core.Storage.StoreUnavailableException("lost") : commit();
        await Assert.ThrowsAsync<Kist.Core.Storage.StoreUnavailableException>(() => host.DeleteAsync("keys/app"));
        host.Store.OnCommit = static (_, commit) => commit();
        var left = await host.ReadAsync("keys/app").Ok();
        Assert.Equal((91, 91, 91), (left.Number("min_available_version"), left.Number("min_decryption_version"), left.Number("min_encryption_version")));
        await host.DecryptAsync("app", latest).Ok();
        await host.DeleteAsync("keys/app").Ok();
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deletion_in_steps_leaves_a_key_alone_that_was_made_under_the_name_meanwhile(bool madeAgain)
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        for (var version = 2; version <= 100; version++)
            await host.WriteAsync("keys/app/rotate").Ok();
        await host.WriteAsync("keys/app/config", """{"deletion_allowed":true}""").Ok();
        var commits = 0;
        host.Store.OnCommit = async (_, commit) =>
        {
            if (++commits == 2)
            {
                host.Store.OnCommit = static (_, later) => later();
                await host.DeleteAsync("keys/app").Ok();
                if (madeAgain)
                {
                    await host.WriteAsync("keys/app").Ok();
                    await host.WriteAsync("keys/app/config", """{"deletion_allowed":true}""").Ok();
                }
            }
            return await commit();
        };
        await host.DeleteAsync("keys/app").Ok();
        await host.ReadAsync("keys/app").Is(madeAgain ? "ok" : "not_found");
    }

    [Fact]
    public async Task A_key_made_anew_under_a_name_does_not_open_what_the_old_one_sealed()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        var ciphertext = (await host.EncryptAsync("app", "x").Ok()).Ciphertext;
        await host.WriteAsync("keys/app/config", """{"deletion_allowed":true}""").Ok();
        await host.DeleteAsync("keys/app").Ok();
        await host.WriteAsync("keys/app").Ok();
        await host.DecryptAsync("app", ciphertext).Is("transit.not_authentic");
    }

    [Fact]
    public async Task Rotation_adds_a_version_that_encrypts_and_old_ones_decrypt()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        var first = (await host.EncryptAsync("app", "one").Ok()).Ciphertext;
        host.Clock.Advance(TimeSpan.FromHours(1));
        var rotated = await host.WriteAsync("keys/app/rotate").Ok();
        Assert.Equal("""{"1":1740830400,"2":1740834000}""", rotated.Body!["keys"]!.ToJsonString());
        var second = await host.EncryptAsync("app", "two").Ok();
        Assert.Equal(2, second.Number("key_version"));
        Assert.StartsWith("vault:v2:", second.Ciphertext);
        Assert.Equal("one", TransitHost.Text((await host.DecryptAsync("app", first).Ok()).Plaintext));
        Assert.Equal("two", TransitHost.Text((await host.DecryptAsync("app", second.Ciphertext).Ok()).Plaintext));
    }

    [Fact]
    public async Task A_key_with_many_versions_reads_all_of_them()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        for (var version = 2; version <= 230; version++)
            await host.WriteAsync("keys/app/rotate").Ok();
        var keys = (await host.ReadAsync("keys/app").Ok()).Body!["keys"]!.AsObject();
        Assert.Equal(Enumerable.Range(1, 230).Select(version => $"{version}"), keys.Select(key => key.Key));
    }

    [Fact]
    public async Task A_key_with_many_versions_is_read_and_exported_in_one_look_at_them()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app", """{"exportable":true}""").Ok();
        for (var version = 2; version <= 230; version++)
            await host.WriteAsync("keys/app/rotate").Ok();
        var (ranges, gets) = (0, 0);
        host.Store.OnRange = range =>
        {
            ranges++;
            return range();
        };
        host.Store.BeforeGet = () =>
        {
            gets++;
            return Task.CompletedTask;
        };
        Assert.Equal(230, (await host.ReadAsync("keys/app").Ok()).Body!["keys"]!.AsObject().Count);
        Assert.Equal(230, (await host.ReadAsync("export/encryption-key/app").Ok()).Body!["keys"]!.AsObject().Count);
        Assert.Equal((2, 2), (ranges, gets));
    }

    [Fact]
    public async Task More_versions_than_one_look_shows_are_read_in_several()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app", """{"exportable":true}""").Ok();
        var key = (await TransitStore.ReadKeyAsync(host.Storage, "app", default))!.Value;
        for (var version = 2; version <= 1001; version++)
            await host.SetKeyAsync("app", version, Convert.ToBase64String(new byte[32]));
        await TransitStore.Replace(host.Storage, "app", key, key.Record with { Latest = 1001 }).CommitAsync(default);
        var keys = (await host.ReadAsync("keys/app").Ok()).Body!["keys"]!.AsObject();
        Assert.Equal(Enumerable.Range(1, 1001).Select(version => $"{version}"), keys.Select(key => key.Key));
        Assert.Equal(1001, (await host.ReadAsync("export/encryption-key/app").Ok()).Body!["keys"]!.AsObject().Count);
    }

    [Theory]
    [InlineData("rotate", "{}")]
    [InlineData("config", """{"deletion_allowed":true}""")]
    [InlineData("trim", """{"min_available_version":2}""")]
    public async Task A_change_that_was_committed_is_answered_though_the_store_says_nothing_more(string change, string body)
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        await host.WriteAsync("keys/app/rotate").Ok();
        await host.WriteAsync("keys/app/config", """{"min_encryption_version":2,"min_decryption_version":2}""").Ok();
        host.Store.OnCommit = async (_, commit) =>
        {
            var outcome = await commit();
            host.Store.OnRange = static _ => throw new Kist.Core.Storage.StoreUnavailableException("away");
            host.Store.BeforeGet = static () => throw new Kist.Core.Storage.StoreUnavailableException("away");
            return outcome;
        };
        var answer = await host.WriteAsync($"keys/app/{change}", body).Ok();
        host.Store.OnRange = static range => range();
        host.Store.BeforeGet = static () => Task.CompletedTask;
        Assert.Equal((await host.ReadAsync("keys/app").Ok()).Body!.ToJsonString(), answer.Body!.ToJsonString());
    }

    [Fact]
    public async Task A_key_of_which_a_version_is_missing_can_still_be_rotated()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        await host.Storage.Begin().Delete(host.Storage, (await host.StoredPathsAsync()).Single(p => p.StartsWith("v/", StringComparison.Ordinal))).CommitAsync(default);
        var rotated = await host.WriteAsync("keys/app/rotate").Ok();
        Assert.Equal(["2"], rotated.Body!["keys"]!.AsObject().Select(key => key.Key));
        Assert.Contains("cannot be decrypted: 1.", Assert.Single(rotated.Warnings));
        Assert.Equal(2, (await host.EncryptAsync("app", "x").Ok()).Number("key_version"));
    }

    // Who is told of a failure rotates again, and again.
    [Theory]
    [InlineData("rotate", "{}", 9)]
    [InlineData("config", """{"deletion_allowed":true}""", 8)]
    [InlineData("trim", """{"min_available_version":2}""", 8)]
    public async Task A_key_with_damaged_versions_is_changed_once_and_the_answer_tells_of_the_good_ones_and_warns(string change, string body, int latest)
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/app").Ok();
        for (var version = 2; version <= 8; version++)
            await host.WriteAsync("keys/app/rotate").Ok();
        await host.WriteAsync("keys/app/config", """{"min_encryption_version":2,"min_decryption_version":2}""").Ok();
        var id = (await TransitStore.ReadKeyAsync(host.Storage, "app", default))!.Value.Record.Id;
        await host.Storage.Begin()
            .Put(host.Storage, TransitStore.VersionPath(id, 3), "nonsense"u8.ToArray())
            .Put(host.Storage, TransitStore.VersionPath(id, 5), "null"u8.ToArray())
            .Put(host.Storage, TransitStore.VersionPath(id, 8), """{"schema":9}"""u8.ToArray())
            .CommitAsync(default);
        var answer = await host.WriteAsync($"keys/app/{change}", body).Ok();
        Assert.Equal(latest, answer.Number("latest_version"));
        var good = Enumerable.Range(2, latest - 1).Except([3, 5, 8]).Select(version => $"{version}");
        Assert.Equal(good, answer.Body!["keys"]!.AsObject().Select(key => key.Key));
        Assert.Contains("cannot be decrypted: 3, 5, 8.", Assert.Single(answer.Warnings));
    }
}
