using System.Security.Cryptography;

namespace Kist.Engines.Tests.Transit.Keys;

public sealed class ExportTests
{
    [Theory]
    [InlineData("", new[] { "2", "3" })]
    [InlineData("/latest", new[] { "3" })]
    [InlineData("/2", new[] { "2" })]
    [InlineData("/v3", new[] { "3" })]
    [InlineData("?format=raw", new[] { "2", "3" })]
    public async Task Versions_that_decrypt_are_exported(string version, string[] expected)
    {
        using var host = await WithKeyAsync();
        var exported = await host.ReadAsync("export/encryption-key/k" + version).Ok();
        Assert.Equal(("k", "aes256-gcm96"), (exported.Text("name"), exported.Text("type")));
        Assert.Equal(expected, exported.Body!["keys"]!.AsObject().Select(key => key.Key));
    }

    [Fact]
    public async Task An_exported_key_opens_what_was_encrypted_elsewhere()
    {
        using var host = await WithKeyAsync();
        var ciphertext = (await host.EncryptAsync("k", "hello", "\"associated_data\":\"YQ==\"").Ok()).Ciphertext;
        var exported = await host.ReadAsync("export/encryption-key/k/latest").Ok();
        var key = Convert.FromBase64String(exported.Body!["keys"]!["3"]!.GetValue<string>());
        Assert.Equal(32, key.Length);
        var sealedBytes = Convert.FromBase64String(ciphertext["vault:v3:".Length..]);
        var plaintext = new byte[5];
        using var cipher = new AesGcm(key, 16);
        cipher.Decrypt(sealedBytes.AsSpan(0, 12), sealedBytes.AsSpan(12, 5), sealedBytes.AsSpan(17), plaintext, "a"u8);
        Assert.Equal("hello"u8, plaintext);
    }

    [Theory]
    [InlineData("encryption-key/k/1", "version for export is below minimum decryption version")]
    [InlineData("encryption-key/k/4", "version does not exist or cannot be found")]
    [InlineData("encryption-key/k/last", "invalid key version")]
    [InlineData("encryption-key/k/v", "invalid key version")]
    [InlineData("encryption-key/k/-1", "invalid key version")]
    [InlineData("hmac-key/k", "invalid export type: \"hmac-key\": the keys of this server have an encryption-key and nothing else")]
    [InlineData("encryption-key/k?format=pem", "invalid format: \"pem\": must be raw or empty")]
    public async Task What_cannot_be_exported_is_refused(string path, string message)
    {
        using var host = await WithKeyAsync();
        Assert.Equal(message, (await host.ReadAsync("export/" + path).Is("transit.invalid_export")).Failure!.Message);
    }

    [Fact]
    public async Task A_key_is_not_exported_unless_it_may()
    {
        using var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k").Ok();
        await host.ReadAsync("export/encryption-key/k").Is("transit.not_exportable");
        await host.WriteAsync("keys/k/config", """{"exportable":true}""").Ok();
        await host.ReadAsync("export/encryption-key/k").Ok();
    }

    private static async Task<TransitHost> WithKeyAsync()
    {
        var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", """{"exportable":true}""").Ok();
        await host.WriteAsync("keys/k/rotate").Ok();
        await host.WriteAsync("keys/k/rotate").Ok();
        await host.WriteAsync("keys/k/config", """{"min_decryption_version":2}""").Ok();
        return host;
    }
}
