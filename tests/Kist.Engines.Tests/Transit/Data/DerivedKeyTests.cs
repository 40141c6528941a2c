namespace Kist.Engines.Tests.Transit.Data;

/// <summary>Keys that are derived from a context, and convergent ones.</summary>
public sealed class DerivedKeyTests
{
    private const string One = "\"context\":\"b25l\"";
    private const string Two = "\"context\":\"dHdv\"";

    [Theory]
    [InlineData("aes256-gcm96")]
    [InlineData("aes128-gcm96")]
    public async Task A_ciphertext_opens_in_its_context_and_in_no_other(string type)
    {
        using var host = await WithKeyAsync(type, convergent: false);
        var ciphertext = (await host.EncryptAsync("k", "x", One).Ok()).Ciphertext;
        Assert.Equal("x", TransitHost.Text((await host.DecryptAsync("k", ciphertext, One).Ok()).Plaintext));
        var refused = await host.DecryptAsync("k", ciphertext, Two).Is("transit.not_authentic");
        // The same words as for a changed ciphertext.
        Assert.Equal("cipher: message authentication failed", refused.Failure!.Message);
        await host.RewrapAsync("k", ciphertext, Two).Is("transit.not_authentic");
        await host.DecryptAsync("k", (await host.RewrapAsync("k", ciphertext, One).Ok()).Ciphertext, One).Ok();
    }

    [Fact]
    public async Task A_derived_key_wants_a_context()
    {
        using var host = await WithKeyAsync("aes256-gcm96", convergent: false);
        var ciphertext = (await host.EncryptAsync("k", "x", One).Ok()).Ciphertext;
        await host.EncryptAsync("k", "x").Is("transit.context_required");
        await host.EncryptAsync("k", "x", "\"context\":\"\"").Is("transit.context_required");
        await host.DecryptAsync("k", ciphertext).Is("transit.context_required");
        await host.RewrapAsync("k", ciphertext).Is("transit.context_required");
        await host.WriteAsync("datakey/plaintext/k").Is("transit.context_required");
        var dataKey = await host.WriteAsync("datakey/plaintext/k", $"{{{Two}}}").Ok();
        Assert.Equal(dataKey.Plaintext, (await host.DecryptAsync("k", dataKey.Ciphertext, Two).Ok()).Plaintext);
    }

    [Fact]
    public async Task A_context_for_a_key_that_is_not_derived_is_ignored_with_a_warning()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        var encrypted = await host.EncryptAsync("k", "x", One).Ok();
        Assert.Equal(["the context was ignored: the key is not derived"], encrypted.Warnings);
        await host.DecryptAsync("k", encrypted.Ciphertext).Ok();
    }

    [Fact]
    public async Task Equal_plaintexts_converge_in_equal_contexts_and_versions_only()
    {
        using var host = await WithKeyAsync("aes256-gcm96", convergent: true);
        var ciphertext = (await host.EncryptAsync("k", "x", One).Ok()).Ciphertext;
        Assert.Equal(ciphertext, (await host.EncryptAsync("k", "x", One).Ok()).Ciphertext);
        Assert.NotEqual(ciphertext, (await host.EncryptAsync("k", "x", Two).Ok()).Ciphertext);
        Assert.NotEqual(ciphertext, (await host.EncryptAsync("k", "y", One).Ok()).Ciphertext);
        await host.WriteAsync("keys/k/rotate").Ok();
        var later = (await host.EncryptAsync("k", "x", One).Ok()).Ciphertext;
        Assert.NotEqual(ciphertext["vault:v1:".Length..], later["vault:v2:".Length..]);
        Assert.Equal(ciphertext, (await host.EncryptAsync("k", "x", One + ",\"key_version\":1").Ok()).Ciphertext);
        Assert.Equal(later, (await host.RewrapAsync("k", ciphertext, One).Ok()).Ciphertext);
        Assert.Equal("x", TransitHost.Text((await host.DecryptAsync("k", later, One).Ok()).Plaintext));
    }

    // One nonce beside two values of associated data would give away the authentication key.
    [Fact]
    public async Task A_convergent_key_takes_no_associated_data()
    {
        using var host = await WithKeyAsync("aes256-gcm96", convergent: true);
        await host.EncryptAsync("k", "x", One + ",\"associated_data\":\"YQ==\"").Is("transit.associated_data_not_allowed");
    }

    private static async Task<TransitHost> WithKeyAsync(string type, bool convergent)
    {
        var host = await TransitHost.StartAsync();
        var settings = $$"""{"type":"{{type}}","derived":true,"convergent_encryption":{{(convergent ? "true" : "false")}}}""";
        await host.WriteAsync("keys/k", settings).Ok();
        return host;
    }
}
