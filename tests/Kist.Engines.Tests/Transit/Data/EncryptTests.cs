using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Engines.Transit.Data;

namespace Kist.Engines.Tests.Transit.Data;

/// <summary>Single texts: encrypt, decrypt, rewrap, data keys.</summary>
public sealed class EncryptTests
{
    private const string Row = "\"associated_data\":\"cm93IDc=\"";

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("größer 😀")]
    public async Task What_was_encrypted_is_decrypted(string text)
    {
        using var host = await WithKeyAsync();
        var encrypted = await host.EncryptAsync("k", text).Ok();
        Assert.Equal(1, encrypted.Number("key_version"));
        Assert.Equal(text, TransitHost.Text((await host.DecryptAsync("k", encrypted.Ciphertext).Ok()).Plaintext));
    }

    [Fact]
    public async Task A_large_plaintext_is_encrypted()
    {
        using var host = await WithKeyAsync();
        var text = new string('x', 3 << 20);
        Assert.Equal(text, TransitHost.Text((await host.DecryptAsync("k", (await host.EncryptAsync("k", text).Ok()).Ciphertext).Ok()).Plaintext));
    }

    [Fact]
    public async Task A_long_query_of_characters_that_JSON_escapes_is_read_beside_a_body()
    {
        using var host = await WithKeyAsync();
        var data = new string('+', 40_000);
        var encrypted = await host.WriteAsync($"encrypt/k?associated_data={data}", """{"plaintext":"eA=="}""").Ok();
        await host.DecryptAsync("k", encrypted.Ciphertext).Is("transit.not_authentic");
        Assert.Equal("eA==", (await host.DecryptAsync("k", encrypted.Ciphertext, $"\"associated_data\":\"{data}\"").Ok()).Plaintext);
    }

    [Theory]
    [InlineData("eHg=", null)]
    [InlineData("no base64", null)]
    [InlineData("eHg=", "no base64")]
    public void A_plaintext_that_was_decoded_is_wiped_also_when_its_item_fails(string plaintext, string? context)
    {
        var item = new BatchItem { Plaintext = new SecretText(plaintext), Context = context };
        using (new Plaintexts([item]))
            Assert.False(item.Plaintext.Utf8.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_plaintext_that_was_decrypted_is_wiped_once_it_is_encoded()
    {
        byte[] plaintext = [1, 2, 3];
        Assert.Equal("AQID", Decrypt.Encode(plaintext).Reveal());
        Assert.Equal(new byte[3], plaintext);
    }

    [Fact]
    public async Task One_plaintext_encrypts_to_another_ciphertext_each_time()
    {
        using var host = await WithKeyAsync();
        var ciphertexts = new HashSet<string>();
        for (var i = 0; i < 1_000; i++)
            Assert.True(ciphertexts.Add((await host.EncryptAsync("k", "same").Ok()).Ciphertext));
    }

    [Fact]
    public async Task Associated_data_must_be_the_same_for_decryption()
    {
        using var host = await WithKeyAsync();
        var ciphertext = (await host.EncryptAsync("k", "x", Row).Ok()).Ciphertext;
        await host.DecryptAsync("k", ciphertext, Row).Ok();
        await host.DecryptAsync("k", ciphertext).Is("transit.not_authentic");
        await host.DecryptAsync("k", ciphertext, "\"associated_data\":\"cm93IDg=\"").Is("transit.not_authentic");
    }

    [Fact]
    public async Task Rewrap_moves_to_the_latest_version_and_keeps_associated_data()
    {
        using var host = await WithKeyAsync();
        var old = (await host.EncryptAsync("k", "x", Row).Ok()).Ciphertext;
        await host.WriteAsync("keys/k/rotate").Ok();
        var rewrapped = await host.RewrapAsync("k", old, Row).Ok();
        Assert.Equal(2, rewrapped.Number("key_version"));
        Assert.Equal("x", TransitHost.Text((await host.DecryptAsync("k", rewrapped.Ciphertext, Row).Ok()).Plaintext));
        await host.RewrapAsync("k", old).Is("transit.not_authentic");
        Assert.StartsWith("vault:v1:", (await host.RewrapAsync("k", rewrapped.Ciphertext, Row + ",\"key_version\":1").Ok()).Ciphertext);
    }

    [Theory]
    [InlineData("encrypt", "{}", "transit.no_plaintext")]
    [InlineData("encrypt", """{"plaintext":null}""", "transit.no_plaintext")]
    [InlineData("encrypt", """{"plaintext":"no-base64"}""", "transit.invalid_base64")]
    [InlineData("encrypt", """{"plaintext":"eA"}""", "transit.invalid_base64")]
    [InlineData("encrypt", """{"plaintext":"eA==","context":"%"}""", "transit.invalid_base64")]
    [InlineData("encrypt", """{"plaintext":"eA==","associated_data":"%"}""", "transit.invalid_base64")]
    [InlineData("encrypt", """{"plaintext":"eA==","nonce":"MTIzNDU2Nzg5MDEy"}""", "transit.nonce_not_allowed")]
    [InlineData("encrypt", """{"plaintext":{"a":1}}""", "request.invalid_field")]
    [InlineData("encrypt", """{"plaintext":"eA==","key_version":"x"}""", "request.invalid_field")]
    [InlineData("decrypt", "{}", "transit.no_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":""}""", "transit.no_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"hello"}""", "transit.invalid_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"vault:v1"}""", "transit.invalid_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"vault:vx:AAAA"}""", "transit.invalid_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"vault:v-1:AAAA"}""", "transit.invalid_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"vault:v1:####"}""", "transit.invalid_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"vault:v1:AAAA"}""", "transit.invalid_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"vault:v99999999999:AAAA"}""", "transit.invalid_ciphertext")]
    [InlineData("decrypt", """{"ciphertext":"vault:v2:EBESExQVFhcYGRobAY9enWbm++wDiW7ksejQMA=="}""", "transit.invalid_version")]
    [InlineData("decrypt", """{"ciphertext":"vault:v0:EBESExQVFhcYGRobAY9enWbm++wDiW7ksejQMA=="}""", "transit.not_authentic")]
    [InlineData("rewrap", "{}", "transit.no_ciphertext")]
    [InlineData("datakey/plaintext", """{"bits":192}""", "transit.invalid_bits")]
    [InlineData("datakey/wrapped", """{"nonce":"MTIzNDU2Nzg5MDEy"}""", "transit.nonce_not_allowed")]
    [InlineData("datakey/wrapped", """{"context":"%"}""", "transit.invalid_base64")]
    public async Task What_is_malformed_is_refused(string path, string body, string code)
    {
        using var host = await WithKeyAsync();
        await host.WriteAsync($"{path}/k", body).Is(code);
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_ciphertext_is_refused_with_one_text()
    {
        using var host = await WithKeyAsync();
        var bytes = Convert.FromBase64String((await host.EncryptAsync("k", "a secret").Ok()).Ciphertext["vault:v1:".Length..]);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            var refused = await host.DecryptAsync("k", $"vault:v1:{Convert.ToBase64String(changed)}").Is("transit.not_authentic");
            Assert.Equal("cipher: message authentication failed", refused.Failure!.Message);
        }
    }

    [Fact]
    public async Task Every_shortening_of_a_ciphertext_is_refused()
    {
        using var host = await WithKeyAsync();
        var bytes = Convert.FromBase64String((await host.EncryptAsync("k", "a secret").Ok()).Ciphertext["vault:v1:".Length..]);
        for (var length = 0; length < bytes.Length; length++)
        {
            var refused = await host.DecryptAsync("k", $"vault:v1:{Convert.ToBase64String(bytes, 0, length)}");
            Assert.Contains(refused.Result, new[] { "transit.invalid_ciphertext", "transit.not_authentic" });
        }
    }

    [Fact]
    public async Task A_ciphertext_does_not_open_under_another_key_or_version()
    {
        using var host = await WithKeyAsync();
        await host.WriteAsync("keys/other").Ok();
        await host.WriteAsync("keys/k/rotate").Ok();
        var ciphertext = (await host.EncryptAsync("k", "x").Ok()).Ciphertext;
        await host.DecryptAsync("k", ciphertext.Replace("v2", "v1", StringComparison.Ordinal)).Is("transit.not_authentic");
        await host.DecryptAsync("other", ciphertext.Replace("v2", "v1", StringComparison.Ordinal)).Is("transit.not_authentic");
    }

    [Fact]
    public async Task Encryption_makes_a_key_where_there_is_none()
    {
        using var host = await TransitHost.StartAsync();
        var first = await host.EncryptAsync("new", "x").Ok();
        Assert.Equal(Operation.Create, first.Operation);
        Assert.Empty(first.Warnings);
        Assert.Equal(Operation.Update, (await host.EncryptAsync("new", "x").Ok()).Operation);
        Assert.False((await host.ReadAsync("keys/new").Ok()).Flag("derived"));
        Assert.Equal("x", TransitHost.Text((await host.DecryptAsync("new", first.Ciphertext).Ok()).Plaintext));
    }

    [Fact]
    public async Task Encryption_with_a_context_makes_a_derived_key_of_the_type_that_is_asked_for()
    {
        using var host = await TransitHost.StartAsync();
        await host.EncryptAsync("new", "x", "\"context\":\"YQ==\",\"type\":\"aes128-gcm96\",\"convergent_encryption\":true").Ok();
        var key = await host.ReadAsync("keys/new").Ok();
        Assert.True(key.Flag("derived") && key.Flag("convergent_encryption"));
        Assert.Equal("aes128-gcm96", key.Text("type"));
    }

    [Theory]
    [InlineData("""{"plaintext":"%"}""", "transit.invalid_base64")]
    [InlineData("""{"plaintext":"eA==","type":"rsa-2048"}""", "transit.unknown_key_type")]
    [InlineData("""{"plaintext":"eA==","convergent_encryption":true}""", "transit.convergent_needs_derived")]
    [InlineData("""{"plaintext":"eA==","key_version":2}""", "transit.invalid_version")]
    [InlineData("""{"batch_input":[{"plaintext":"%"},{"plaintext":"%"}]}""", "partial")]
    public async Task A_request_of_which_nothing_can_be_encrypted_makes_no_key(string body, string result)
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("encrypt/new", body).Is(result);
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Fact]
    public async Task A_key_that_somebody_else_makes_at_the_same_moment_is_used()
    {
        using var host = await TransitHost.StartAsync();
        host.Store.BeforeNextCommit(() => host.WriteAsync("keys/new").Ok());
        var encrypted = await host.EncryptAsync("new", "x").Ok();
        Assert.Equal(["Attempted creation of the key during the encrypt operation, but it was created beforehand"], encrypted.Warnings);
        Assert.Equal("x", TransitHost.Text((await host.DecryptAsync("new", encrypted.Ciphertext).Ok()).Plaintext));
        Assert.Equal(2, (await host.StoredPathsAsync()).Count);
    }

    [Theory]
    [InlineData("", 32)]
    [InlineData("""{"bits":128}""", 16)]
    [InlineData("""{"bits":"256"}""", 32)]
    [InlineData("""{"bits":512}""", 64)]
    public async Task A_data_key_comes_in_clear_and_encrypted(string body, int length)
    {
        using var host = await WithKeyAsync();
        var made = await host.WriteAsync("datakey/plaintext/k", body).Ok();
        Assert.Equal(length, Convert.FromBase64String(made.Plaintext).Length);
        Assert.Equal(1, made.Number("key_version"));
        Assert.Equal(made.Plaintext, (await host.DecryptAsync("k", made.Ciphertext).Ok()).Plaintext);
        var another = await host.WriteAsync("datakey/plaintext/k", body).Ok();
        Assert.NotEqual(made.Plaintext, another.Plaintext);
    }

    [Fact]
    public async Task A_wrapped_data_key_is_not_shown()
    {
        using var host = await WithKeyAsync();
        var made = await host.WriteAsync("datakey/wrapped/k", $$"""{ {{Row}} }""").Ok();
        Assert.Null(made.Body!["plaintext"]);
        Assert.Equal(32, Convert.FromBase64String((await host.DecryptAsync("k", made.Ciphertext, Row).Ok()).Plaintext).Length);
    }

    private static async Task<TransitHost> WithKeyAsync()
    {
        var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        return host;
    }
}
