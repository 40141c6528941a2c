using Kist.Core.Tests.Storage;

namespace Kist.Engines.Tests.Transit;

/// <summary>
/// A node whose cache does not know yet what another has written. It may encrypt and decrypt as of a moment ago; it may not take that for the reason to
/// refuse, to do nothing, or for damage.
/// </summary>
public sealed class TransitStaleCacheTests : IAsyncLifetime
{
    private TransitHost writer = null!;
    private TransitHost behind = null!;
    private Gate watched = null!;

    public async Task InitializeAsync()
    {
        writer = await TransitHost.StartAsync();
        (behind, watched) = await writer.StartCachingPeerAsync();
    }

    public Task DisposeAsync()
    {
        watched.Open();
        behind.Dispose();
        writer.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_ciphertext_of_a_version_that_was_just_made_is_decrypted_and_rewrapped()
    {
        await OldKeyIsKnownAsync();
        await writer.WriteAsync("keys/k/rotate").Ok();
        var ciphertext = (await writer.EncryptAsync("k", "x").Ok()).Ciphertext;
        await behind.DecryptAsync("k", ciphertext).Ok();
        Assert.Equal(2, (await behind.RewrapAsync("k", ciphertext).Ok()).Number("key_version"));
    }

    [Fact]
    public async Task A_version_that_was_just_made_can_be_asked_for()
    {
        await OldKeyIsKnownAsync();
        await writer.WriteAsync("keys/k/rotate").Ok();
        await behind.EncryptAsync("k", "x", "\"key_version\":2").Ok();
    }

    [Fact]
    public async Task A_key_that_was_just_deleted_and_made_anew_is_the_new_one()
    {
        await OldKeyIsKnownAsync();
        await writer.WriteAsync("keys/k/config", """{"deletion_allowed":true}""").Ok();
        await writer.DeleteAsync("keys/k").Ok();
        await writer.WriteAsync("keys/k", """{"type":"aes128-gcm96"}""").Ok();
        var ciphertext = (await writer.EncryptAsync("k", "x").Ok()).Ciphertext;
        await behind.DecryptAsync("k", ciphertext).Ok();
    }

    [Fact]
    public async Task A_key_that_was_just_deleted_is_made_again()
    {
        await OldKeyIsKnownAsync();
        await writer.WriteAsync("keys/k/config", """{"deletion_allowed":true}""").Ok();
        await writer.DeleteAsync("keys/k").Ok();
        Assert.Empty((await behind.WriteAsync("keys/k").Ok()).Warnings);
        await writer.ReadAsync("keys/k").Ok();
    }

    // A look at the versions is fresh, and the remembered record names one that is there no more.
    [Fact]
    public async Task A_key_that_was_just_trimmed_is_read_as_it_is()
    {
        await OldKeyIsKnownAsync();
        await TrimAsync();
        var key = await behind.ReadAsync("keys/k").Ok();
        Assert.Equal(["2"], key.Body!["keys"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(2, key.Number("min_available_version"));
    }

    [Fact]
    public async Task A_key_that_was_just_trimmed_is_exported_as_it_is()
    {
        await writer.WriteAsync("keys/k", """{"exportable":true}""").Ok();
        // Reads the record, and no version.
        await behind.ReadAsync("keys/k").Ok();
        watched.Close();
        await TrimAsync();
        var key = await behind.ReadAsync("export/encryption-key/k").Ok();
        Assert.Equal(["2"], key.Body!["keys"]!.AsObject().Select(pair => pair.Key));
    }

    [Fact]
    public async Task A_key_that_was_just_made_exportable_is_exported()
    {
        await OldKeyIsKnownAsync();
        await writer.WriteAsync("keys/k/config", """{"exportable":true}""").Ok();
        await behind.ReadAsync("export/encryption-key/k").Ok();
    }

    [Fact]
    public async Task Settings_of_a_key_that_were_just_changed_are_changed_back()
    {
        await OldKeyIsKnownAsync();
        await writer.WriteAsync("keys/k/config", """{"deletion_allowed":true}""").Ok();
        await behind.WriteAsync("keys/k/config", """{"deletion_allowed":false}""").Ok();
        Assert.False((await writer.ReadAsync("keys/k").Ok()).Flag("deletion_allowed"));
    }

    [Fact]
    public async Task Settings_of_the_mount_that_were_just_changed_are_changed_back()
    {
        await behind.WriteAsync("config/keys", """{"disable_upsert":true}""").Ok();
        await behind.ReadAsync("config/keys").Ok();
        watched.Close();
        await writer.WriteAsync("config/keys", """{"disable_upsert":false}""").Ok();
        await behind.WriteAsync("config/keys", """{"disable_upsert":true}""").Ok();
        Assert.True((await writer.ReadAsync("config/keys").Ok()).Flag("disable_upsert"));
    }

    [Fact]
    public async Task No_key_is_made_by_encryption_when_that_was_just_forbidden()
    {
        await behind.WriteAsync("config/keys", """{"disable_upsert":false}""").Ok();
        await behind.ReadAsync("config/keys").Ok();
        watched.Close();
        await writer.WriteAsync("config/keys", """{"disable_upsert":true}""").Ok();
        await behind.EncryptAsync("new", "x").Is("transit.key_not_found");
        await writer.ReadAsync("keys/new").Is("not_found");
    }

    [Fact]
    public async Task A_trim_that_was_just_made_possible_is_done()
    {
        await OldKeyIsKnownAsync();
        await writer.WriteAsync("keys/k/rotate").Ok();
        await writer.WriteAsync("keys/k/config", """{"min_decryption_version":2,"min_encryption_version":2}""").Ok();
        await behind.WriteAsync("keys/k/trim", """{"min_available_version":2}""").Ok();
    }

    /// <summary>Both nodes know a key with one version; from now on the one behind learns nothing.</summary>
    private async Task OldKeyIsKnownAsync()
    {
        await writer.WriteAsync("keys/k").Ok();
        await behind.EncryptAsync("k", "x").Ok();
        watched.Close();
    }

    private async Task TrimAsync()
    {
        await writer.WriteAsync("keys/k/rotate").Ok();
        await writer.WriteAsync("keys/k/config", """{"min_decryption_version":2,"min_encryption_version":2}""").Ok();
        await writer.WriteAsync("keys/k/trim", """{"min_available_version":2}""").Ok();
    }
}
