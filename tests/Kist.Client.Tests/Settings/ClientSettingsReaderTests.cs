using Kist.Client.Settings;

namespace Kist.Client.Tests.Settings;

public sealed class ClientSettingsReaderTests
{
    [Fact]
    public void Without_settings_the_defaults_are_those_of_vault()
    {
        var settings = Read([]);
        Assert.Equal("https://127.0.0.1:8200", settings.Address.Text);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Timeout);
        Assert.Equal(2, settings.Retry.MaxRetries);
        Assert.Null(settings.Token);
        Assert.Equal("", settings.Namespace);
        Assert.False(settings.Tls.SkipVerify);
    }

    [Fact]
    public void Every_variable_reaches_its_setting()
    {
        var settings = Read(new()
        {
            ["KIST_ADDR"] = "http://vault.example:1234/",
            ["KIST_TOKEN"] = " t1\n",
            ["KIST_NAMESPACE"] = "/team/a/",
            ["KIST_CACERT"] = "ca.pem",
            ["KIST_CAPATH"] = "/cas",
            ["KIST_CLIENT_CERT"] = "c.pem",
            ["KIST_CLIENT_KEY"] = "k.pem",
            ["KIST_TLS_SERVER_NAME"] = "name",
            ["KIST_SKIP_VERIFY"] = "1",
            ["KIST_CLIENT_TIMEOUT"] = "1m30s",
            ["KIST_MAX_RETRIES"] = "7",
            ["KIST_DISABLE_REDIRECTS"] = "true",
        });
        Assert.Equal("http://vault.example:1234", settings.Address.Text);
        Assert.Equal("t1", settings.Token!.Reveal());
        Assert.Equal("team/a", settings.Namespace);
        Assert.Equal(
            new TlsSettings
            {
                CaCertificate = "ca.pem",
                CaPath = "/cas",
                ClientCertificate = "c.pem",
                ClientKey = "k.pem",
                ServerName = "name",
                SkipVerify = true,
            },
            settings.Tls);
        Assert.Equal(TimeSpan.FromSeconds(90), settings.Timeout);
        Assert.Equal(7, settings.Retry.MaxRetries);
        Assert.True(settings.DisableRedirects);
    }

    [Fact]
    public void Vault_variables_count_where_kist_has_none()
    {
        var settings = Read(new() { ["VAULT_TOKEN"] = "v", ["VAULT_ADDR"] = "http://v:1", ["KIST_ADDR"] = "http://k:1" });
        Assert.Equal("http://k:1", settings.Address.Text);
        Assert.Equal("v", settings.Token!.Reveal());
    }

    [Fact]
    public void Vault_variables_go_first_in_a_program_that_stands_in_for_vault()
    {
        var settings = Read(new() { ["VAULT_ADDR"] = "http://v:1", ["KIST_ADDR"] = "http://k:1", ["KIST_TOKEN"] = "k" }, vaultFirst: true);
        Assert.Equal("http://v:1", settings.Address.Text);
        Assert.Equal("k", settings.Token!.Reveal());
    }

    [Fact]
    public void An_empty_variable_counts_as_absent() =>
        Assert.Equal("http://v:1", Read(new() { ["KIST_ADDR"] = "", ["VAULT_ADDR"] = "http://v:1" }).Address.Text);

    [Theory]
    [InlineData("KIST_ADDR", "vault.example:8200")]
    [InlineData("VAULT_ADDR", "ftp://vault.example")]
    [InlineData("KIST_ADDR", "https://user:password@vault.example")]
    [InlineData("KIST_CLIENT_TIMEOUT", "soon")]
    [InlineData("KIST_CLIENT_TIMEOUT", "0")]
    [InlineData("VAULT_CLIENT_TIMEOUT", "2d")]
    [InlineData("KIST_MAX_RETRIES", "-1")]
    [InlineData("KIST_MAX_RETRIES", "101")]
    [InlineData("KIST_SKIP_VERIFY", "maybe")]
    [InlineData("VAULT_DISABLE_REDIRECTS", "maybe")]
    public void A_setting_that_cannot_be_used_is_named_but_not_quoted(string variable, string value)
    {
        var error = Assert.Throws<SettingException>(() => Read(new() { [variable] = value }));
        Assert.Contains(variable, error.Message);
        Assert.DoesNotContain(value.Length > 3 ? value : "\0", error.Message);
    }

    [Fact]
    public void Printing_settings_shows_no_token()
    {
        var settings = Read(new() { ["KIST_TOKEN"] = "hvs.marked" }) with { Headers = [KeyValuePair.Create("X-Secret", "marked-header")] };
        Assert.DoesNotContain("marked", settings.ToString());
        Assert.DoesNotContain("marked", new Setting("marked", "KIST_TOKEN").ToString());
    }

    private static ClientSettings Read(Dictionary<string, string> variables, bool vaultFirst = false) =>
        ClientSettingsReader.Read(new EnvironmentSettings(name => variables.GetValueOrDefault(name), vaultFirst).Find);
}
