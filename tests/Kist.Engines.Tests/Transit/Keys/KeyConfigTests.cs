namespace Kist.Engines.Tests.Transit.Keys;

/// <summary>Settings of keys and of the mount, and trimming.</summary>
public sealed class KeyConfigTests
{
    [Fact]
    public async Task What_is_given_is_set_and_the_rest_stays()
    {
        using var host = await WithVersionsAsync(3);
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":2}""").Ok();
        await host.WriteAsync("keys/k/config", """{"min_encryption_version":"3","deletion_allowed":true}""").Ok();
        var key = await host.WriteAsync("keys/k/config", """{"auto_rotate_period":"24h"}""").Ok();
        Assert.Equal((2, 3), (key.Number("min_decryption_version"), key.Number("min_encryption_version")));
        Assert.True(key.Flag("deletion_allowed"));
        Assert.Equal(86_400, key.Number("auto_rotate_period"));
        Assert.Equal(["2", "3"], key.Body!["keys"]!.AsObject().Select(version => version.Key));
        Assert.Equal(key.Body.ToJsonString(), (await host.WriteAsync("keys/k/config").Ok()).Body!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"min_decryption_version":-1}""", "min decryption version cannot be negative")]
    [InlineData("""{"min_encryption_version":-1}""", "min encryption version cannot be negative")]
    [InlineData("""{"min_decryption_version":4}""", "cannot set min decryption version of 4, latest key version is 3")]
    [InlineData("""{"min_encryption_version":4}""", "cannot set min encryption version of 4, latest key version is 3")]
    [InlineData(
        """{"min_decryption_version":3,"min_encryption_version":2}""",
        "cannot set min encryption/decryption values; min encryption version of 2 must be greater than or equal to min decryption version of 3")]
    [InlineData("""{"auto_rotate_period":"1m"}""", "auto rotate period must be 0 to disable or at least an hour")]
    public async Task What_cannot_be_is_refused_whole(string settings, string message)
    {
        using var host = await WithVersionsAsync(3);
        var before = (await host.ReadAsync("keys/k").Ok()).Body!.ToJsonString();
        var refused = await host.WriteAsync("keys/k/config", settings[..^1] + ",\"deletion_allowed\":true}");
        Assert.Equal(message, refused.Failure?.Message);
        Assert.Equal(before, (await host.ReadAsync("keys/k").Ok()).Body!.ToJsonString());
    }

    [Fact]
    public async Task What_once_allows_the_key_to_leave_cannot_be_unset()
    {
        using var host = await WithVersionsAsync(1);
        await host.WriteAsync("keys/k/config", """{"exportable":true,"allow_plaintext_backup":true}""").Ok();
        var key = await host.WriteAsync("keys/k/config", """{"exportable":false,"allow_plaintext_backup":false}""").Ok();
        Assert.True(key.Flag("exportable") && key.Flag("allow_plaintext_backup"));
        Assert.Equal(2, key.Warnings.Count);
    }

    [Fact]
    public async Task A_minimum_of_0_for_decryption_becomes_1_with_a_warning()
    {
        using var host = await WithVersionsAsync(2);
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":2}""").Ok();
        var key = await host.WriteAsync("keys/k/config", """{"min_decryption_version":0}""").Ok();
        Assert.Equal(1, key.Number("min_decryption_version"));
        Assert.Single(key.Warnings);
    }

    [Fact]
    public async Task A_version_below_the_minimum_is_refused_and_comes_back_with_a_lower_one()
    {
        using var host = await WithVersionsAsync(1);
        var old = (await host.EncryptAsync("k", "x").Ok()).Ciphertext;
        await host.WriteAsync("keys/k/rotate").Ok();
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":2}""").Ok();
        var refused = await host.DecryptAsync("k", old).Is("transit.invalid_version");
        Assert.Equal("ciphertext or signature version is disallowed by policy (too old)", refused.Failure!.Message);
        await host.RewrapAsync("k", old).Is("transit.invalid_version");
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":1}""").Ok();
        await host.DecryptAsync("k", old).Ok();
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 0)]
    [InlineData(-1, 0)]
    public async Task An_explicit_version_encrypts_within_the_minimum_and_the_latest(int wanted, int encrypts)
    {
        using var host = await WithVersionsAsync(3);
        await host.WriteAsync("keys/k/config", """{"min_encryption_version":2}""").Ok();
        var answer = await host.EncryptAsync("k", "x", $"\"key_version\":{wanted}");
        if (encrypts == 0)
        {
            Assert.Equal("transit.invalid_version", answer.Result);
            await host.WriteAsync("datakey/wrapped/k", $$"""{"key_version":{{wanted}}}""").Is("transit.invalid_version");
            return;
        }
        Assert.Equal(encrypts, answer.Number("key_version"));
        Assert.StartsWith($"vault:v{encrypts}:", answer.Ciphertext);
    }

    [Fact]
    public async Task Nothing_is_encrypted_that_could_not_be_decrypted()
    {
        using var host = await WithVersionsAsync(3);
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":2}""").Ok();
        await host.EncryptAsync("k", "x", "\"key_version\":1").Is("transit.invalid_version");
        await host.EncryptAsync("k", "x", "\"key_version\":2").Ok();
    }

    [Theory]
    [InlineData("{}", "missing min_available_version")]
    [InlineData("""{"min_available_version":0}""", "minimum available version should be positive")]
    [InlineData("""{"min_available_version":-3}""", "minimum available version should be positive")]
    [InlineData("""{"min_available_version":1}""", "minimum available version cannot be decremented")]
    [InlineData("""{"min_available_version":6}""", "minimum available version cannot be greater than minimum encryption version")]
    [InlineData("""{"min_available_version":4}""", "minimum available version cannot be greater than minimum decryption version")]
    public async Task A_trim_past_the_minimums_is_refused(string body, string message)
    {
        using var host = await WithVersionsAsync(6);
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":3,"min_encryption_version":5}""").Ok();
        await host.WriteAsync("keys/k/trim", """{"min_available_version":2}""").Ok();
        Assert.Equal(message, (await host.WriteAsync("keys/k/trim", body).Is("transit.invalid_trim")).Failure!.Message);
    }

    [Fact]
    public async Task A_trim_needs_a_minimum_of_encryption()
    {
        using var host = await WithVersionsAsync(3);
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":3}""").Ok();
        await host.WriteAsync("keys/k/trim", """{"min_available_version":2}""").Is("transit.invalid_trim");
    }

    [Fact]
    public async Task Trimmed_versions_are_gone_from_the_store_and_minimums_cannot_go_below_them()
    {
        using var host = await WithVersionsAsync(5);
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":4,"min_encryption_version":5}""").Ok();
        var key = await host.WriteAsync("keys/k/trim", """{"min_available_version":4}""").Ok();
        Assert.Equal(4, key.Number("min_available_version"));
        Assert.Equal(2, (await host.StoredPathsAsync()).Count(path => path.StartsWith("v/", StringComparison.Ordinal)));
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":3}""").Is("transit.invalid_config");
        await host.WriteAsync("keys/k/config", """{"min_encryption_version":0}""").Is("transit.invalid_config");
        await host.WriteAsync("keys/k/trim", """{"min_available_version":4}""").Ok();
        await host.WriteAsync("keys/k/rotate").Ok();
        Assert.Equal(6, (await host.EncryptAsync("k", "x").Ok()).Number("key_version"));
    }

    [Fact]
    public async Task A_long_trim_goes_in_steps_and_is_taken_up_again()
    {
        using var host = await WithVersionsAsync(250);
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":240,"min_encryption_version":240}""").Ok();
        var commits = 0;
        host.Store.OnCommit = (_, commit) => ++commits == 3 ? throw new Kist.Core.Storage.StoreUnavailableException("lost") : commit();
        await Assert.ThrowsAsync<Kist.Core.Storage.StoreUnavailableException>(() => host.WriteAsync("keys/k/trim", """{"min_available_version":240}"""));
        host.Store.OnCommit = static (_, commit) => commit();
        Assert.Equal(181, (await host.ReadAsync("keys/k").Ok()).Number("min_available_version"));
        await host.WriteAsync("keys/k/trim", """{"min_available_version":240}""").Ok();
        Assert.Equal(11, (await host.StoredPathsAsync()).Count(path => path.StartsWith("v/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_trim_in_steps_leaves_a_key_alone_that_was_made_under_the_name_meanwhile()
    {
        using var host = await WithVersionsAsync(100);
        const string settings = """{"min_decryption_version":100,"min_encryption_version":100,"deletion_allowed":true}""";
        await host.WriteAsync("keys/k/config", settings).Ok();
        var commits = 0;
        host.Store.OnCommit = async (_, commit) =>
        {
            if (++commits == 2)
            {
                host.Store.OnCommit = static (_, later) => later();
                await host.DeleteAsync("keys/k").Ok();
                await host.WriteAsync("keys/k").Ok();
                for (var version = 2; version <= 100; version++)
                    await host.WriteAsync("keys/k/rotate").Ok();
                await host.WriteAsync("keys/k/config", settings).Ok();
            }
            return await commit();
        };
        await host.WriteAsync("keys/k/trim", """{"min_available_version":100}""").Is("transit.key_replaced");
        Assert.Equal(0, (await host.ReadAsync("keys/k").Ok()).Number("min_available_version"));
        Assert.Equal(100, (await host.StoredPathsAsync()).Count(path => path.StartsWith("v/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_mounts_settings_forbid_making_keys_by_encryption()
    {
        using var host = await TransitHost.StartAsync();
        Assert.False((await host.ReadAsync("config/keys").Ok()).Flag("disable_upsert"));
        Assert.True((await host.WriteAsync("config/keys", """{"disable_upsert":true}""").Ok()).Flag("disable_upsert"));
        Assert.True((await host.WriteAsync("config/keys").Ok()).Flag("disable_upsert"));
        await host.EncryptAsync("new", "x").Is("transit.key_not_found");
        await host.WriteAsync("keys/new").Ok();
        await host.EncryptAsync("new", "x").Ok();
        Assert.False((await host.WriteAsync("config/keys", """{"disable_upsert":false}""").Ok()).Flag("disable_upsert"));
        await host.EncryptAsync("newer", "x").Ok();
    }

    private static async Task<TransitHost> WithVersionsAsync(int versions)
    {
        var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        for (var version = 2; version <= versions; version++)
            await host.WriteAsync("keys/k/rotate").Ok();
        return host;
    }
}
