using Kist.Engines.Transit.Ciphers;

namespace Kist.Engines.Tests.Transit;

/// <summary>
/// Ciphertexts that were computed elsewhere, by an AES-GCM, an HKDF and an HMAC of another library put together as Vault does, under the keys 00 01 02 …:
/// what Vault encrypted is decrypted here once the key's bytes are the same.
/// </summary>
public sealed class KnownAnswerTests
{
    private const string Key256 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string Key128 = "AAECAwQFBgcICQoLDA0ODw==";
    private const string Fox = "the quick brown fox";
    private const string RowSeven = "\"associated_data\":\"cm93IDc=\"";
    private const string Tenant = "\"context\":\"dGVuYW50LTE=\"";

    public static TheoryData<string, string, string, string, string> Vectors => new()
    {
        { "aes256-gcm96", "", Fox, "", "vault:v1:EBESExQVFhcYGRobCZb9Nji8U9ChVWpvYA4Hc7E/Ni51DqgTNbHUv31z+5em9oU=" },
        { "aes256-gcm96", "", Fox, RowSeven, "vault:v1:EBESExQVFhcYGRobCZb9Nji8U9ChVWpvYA4Hc7E/NnuTmWfzHSlSEef/V8jRC5A=" },
        { "aes256-gcm96", "", "", "", "vault:v1:EBESExQVFhcYGRobAY9enWbm++wDiW7ksejQMA==" },
        { "aes128-gcm96", "", Fox, "", "vault:v1:EBESExQVFhcYGRobsEZmj34634x8/T+HqFCFHlzTDN2n19bXITscHMYYxoR5dx8=" },
        { "aes128-gcm96", "", Fox, RowSeven, "vault:v1:EBESExQVFhcYGRobsEZmj34634x8/T+HqFCFHlzTDDrwaDpVXawyWTWq0QcwOCo=" },
        { "aes256-gcm96", "\"derived\":true", Fox, Tenant, "vault:v1:EBESExQVFhcYGRobSoW1c9ooryTtJrzw+x1oBQ5poHknDzIuwWgqT2HTFZrTu7c=" },
        { "aes128-gcm96", "\"derived\":true", Fox, Tenant, "vault:v1:EBESExQVFhcYGRobAswDHx/DhHcCaaytCWx0ArKW0RBH0IwXBJlF/Cw0ENkR0Lk=" },
        { "aes256-gcm96", Convergent, Fox, Tenant, "vault:v1:n1/ld9qKsLjdKD9H2YOk7lbl51aVZkcbOe9dt+0FsDvIXacfYU+VrW6oarB4bpE=" },
        { "aes128-gcm96", Convergent, Fox, Tenant, "vault:v1:m12uM+S/YGtaSJMt9Af29HPlpi/h/TPwA2H0g8CV931QY4XLxqj6Yi+waWt4Egc=" },
    };

    private const string Convergent = "\"derived\":true,\"convergent_encryption\":true";

    [Theory]
    [MemberData(nameof(Vectors))]
    public async Task A_ciphertext_from_elsewhere_is_decrypted(string type, string settings, string plaintext, string more, string ciphertext)
    {
        using var host = await WithKeyAsync(type, settings);
        Assert.Equal(plaintext, TransitHost.Text((await host.DecryptAsync("k", ciphertext, more).Ok()).Plaintext));
    }

    [Theory]
    [InlineData("aes256-gcm96", "vault:v1:n1/ld9qKsLjdKD9H2YOk7lbl51aVZkcbOe9dt+0FsDvIXacfYU+VrW6oarB4bpE=")]
    [InlineData("aes128-gcm96", "vault:v1:m12uM+S/YGtaSJMt9Af29HPlpi/h/TPwA2H0g8CV931QY4XLxqj6Yi+waWt4Egc=")]
    public async Task A_convergent_key_encrypts_to_the_same_ciphertext_as_elsewhere(string type, string ciphertext)
    {
        using var host = await WithKeyAsync(type, Convergent);
        Assert.Equal(ciphertext, (await host.EncryptAsync("k", Fox, Tenant).Ok()).Ciphertext);
    }

    [Fact]
    public void A_ciphertext_has_the_agreed_form()
    {
        var bytes = Enumerable.Range(0, 29).Select(i => (byte)i).ToArray();
        Assert.Equal("vault:v17:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw=", new Ciphertext(17, bytes).ToString());
    }

    private static async Task<TransitHost> WithKeyAsync(string type, string settings)
    {
        var host = await TransitHost.StartAsync();
        await host.WriteAsync("keys/k", $$"""{"type":"{{type}}"{{(settings.Length == 0 ? "" : "," + settings)}}}""").Ok();
        await host.SetKeyAsync("k", 1, type == "aes128-gcm96" ? Key128 : Key256);
        return host;
    }
}
