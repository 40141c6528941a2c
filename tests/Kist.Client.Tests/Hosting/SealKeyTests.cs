using System.Security.Cryptography;
using Kist.Client.Tests.Fakes;
using Kist.Crypto;
using Kist.Hosting;

namespace Kist.Client.Tests.Hosting;

/// <summary>Where the static seal's key comes from, and how it is kept to its owner.</summary>
public sealed class SealKeyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    private string KeyPath => Path.Combine(folder.Path, "seal.key");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("raw")]
    [InlineData("hex")]
    [InlineData("HEX")]
    [InlineData("base64")]
    public void A_key_file_is_read_in_each_form_with_white_space_around(string form)
    {
        Write(form switch
        {
            "raw" => key,
            "hex" => [.. " "u8, .. Ascii(Convert.ToHexStringLower(key)), .. "\r\n"u8],
            "HEX" => Ascii(Convert.ToHexString(key)),
            _ => [.. Ascii(Convert.ToBase64String(key)), .. "\n"u8],
        });
        Assert.True(Read($"file://{KeyPath}").FixedTimeEquals(key));
    }

    [Fact]
    public void A_key_in_the_environment_is_read()
    {
        Assert.True(Read("env://KEY", Convert.ToBase64String(key) + "\n").FixedTimeEquals(key));
        Assert.True(Read("env://KEY", Convert.ToHexString(key)).FixedTimeEquals(key));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_key_file_that_others_can_read_or_write_is_refused(UnixFileMode right)
    {
        Write(key);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | right);
        var refusal = Assert.Throws<ConfigException>(() => Read($"file://{KeyPath}"));
        Assert.Contains($"chmod 0600 {KeyPath}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(key), refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    public void What_is_no_key_is_refused_without_being_quoted(string content)
    {
        Write(Ascii(content));
        var refusal = Assert.Throws<ConfigException>(() => Read($"file://{KeyPath}"));
        Assert.Contains("lead to 32 bytes", refusal.Message, StringComparison.Ordinal);
        if (content.Length > 0)
            Assert.DoesNotContain(content, refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ConfigException>(() => Read("env://KEY", content));
    }

    [Fact]
    public void A_file_too_large_for_a_key_is_not_read_to_its_end() =>
        Assert.Contains("lead to 32 bytes", Assert.Throws<ConfigException>(() => Read("file:///dev/zero")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains(KeyPath, Assert.Throws<ConfigException>(() => Read($"file://{KeyPath}")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_key_in_the_configuration_itself_is_refused() => Assert.Throws<ConfigException>(() => Read(Convert.ToBase64String(key)));

    [Fact]
    public void A_development_servers_key_is_made_once_and_kept_to_its_owner()
    {
        var data = Path.Combine(folder.Path, "dev");
        using var made = DevKeys.InFolder(data).UnsealKey;
        using var read = DevKeys.InFolder(data).UnsealKey;
        Assert.True(made.FixedTimeEquals(read.Span));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "unseal.key")));
        Assert.Equal(["unseal.key"], Directory.EnumerateFiles(data).Select(Path.GetFileName));
    }

    [Fact]
    public void A_development_servers_key_file_that_is_no_key_is_refused()
    {
        File.WriteAllText(Path.Combine(folder.Path, "unseal.key"), "not a key");
        Assert.Throws<ConfigException>(() => DevKeys.InFolder(folder.Path));
    }

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    private void Write(byte[] content)
    {
        File.WriteAllBytes(KeyPath, content);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static SecretBytes Read(string source, string? variable = null)
    {
        var text = $$"""
            storage "inmem" {}
            listener "tcp" { tls_disable = true }
            seal "static" {
              current_key_id = "a"
              current_key = "{{source}}"
            }
            """;
        return new ConfigReader(name => name == "KEY" ? variable : null).ReadText("test", text).Seal!.Current.Key;
    }
}
