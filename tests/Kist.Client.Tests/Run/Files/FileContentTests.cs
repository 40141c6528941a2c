using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Files;
using Kist.Client.Run.Manifest;
using Kist.Crypto;
using Kist.Wire.Hcl;

namespace Kist.Client.Tests.Run.Files;

/// <summary>What stands in files: the environment's file (17 of Summon's edge cases) and those of each format.</summary>
public sealed class FileContentTests
{
    [Theory]
    [InlineData("plain", "A=plain\n")]
    [InlineData("a=b", "A=a=b\n")]
    [InlineData("", "A=\n")]
    [InlineData("trailing\n", "A=\"trailing\\n\"\n")]
    [InlineData("two words", "A=\"two words\"\n")]
    [InlineData("it's", "A=\"it's\"\n")]
    [InlineData("say \"x\"", "A=\"say \\\"x\\\"\"\n")]
    [InlineData("back\\slash", "A=\"back\\\\slash\"\n")]
    [InlineData("\r\n\t\a é\u0001\u00a0", "A=\"\\r\\n\\t\\a é\\x01\\u00a0\"\n")]
    [InlineData("-----BEGIN X-----\nAA==\n-----END X-----\n", "A=\"-----BEGIN X-----\\nAA==\\n-----END X-----\\n\"\n")]
    public void Environment_file_quotes_what_needs_it(string value, string expected)
    {
        using var output = new SecretBuffer();
        EnvironmentFile.Write([KeyValuePair.Create<string, ReadOnlyMemory<byte>>("A", Encoding.UTF8.GetBytes(value))], output);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.Written));
    }

    [Fact]
    public void Environment_file_is_sorted_and_takes_bytes_that_are_no_text()
    {
        using var output = new SecretBuffer();
        EnvironmentFile.Write([new("B", new byte[] { 32, 255 }), new("A", new byte[] { 1 })], output);
        Assert.Equal("A=\u0001\nB=\" \\xff\"\n", Encoding.UTF8.GetString(output.Written));
    }

    [Theory]
    [InlineData(SecretFileFormat.Yaml, "\"A\": \"v\"\n\"B\": \"w\"")]
    [InlineData(SecretFileFormat.Json, "{\"A\":\"v\",\"B\":\"w\"}")]
    [InlineData(SecretFileFormat.Dotenv, "A=\"v\"\nB=\"w\"")]
    [InlineData(SecretFileFormat.Properties, "A=\"v\"\nB=\"w\"")]
    [InlineData(SecretFileFormat.Bash, "export A=\"v\"\nexport B=\"w\"")]
    public void Plain_values_look_as_Summon_writes_them(SecretFileFormat format, string expected) =>
        Assert.Equal(expected, Write(format, ("B", "w"), ("A", "v")));

    [Theory]
    [InlineData(SecretFileFormat.Yaml, "a\"\\\n\0\u007fé", "\"A\": \"a\\\"\\\\\\n\\u0000\\u007fé\"")]
    [InlineData(SecretFileFormat.Json, "\t\r\u0001", "{\"A\":\"\\t\\r\\u0001\"}")]
    [InlineData(SecretFileFormat.Properties, "a\\\"é😀\n", "A=\"a\\\\\\\"\\u00e9\\ud83d\\ude00\\u000a\"")]
    [InlineData(SecretFileFormat.Bash, "$HOME `id` it's\n!", "export A='$HOME `id` it'\\''s\n!'")]
    [InlineData(SecretFileFormat.Bash, "it's", "export A=\"it's\"")]
    [InlineData(SecretFileFormat.Dotenv, "$a", "A='$a'")]
    [InlineData(SecretFileFormat.Dotenv, "it's $a\n", "A=\"it's \\$a\\n\"")]
    public void Other_values_come_back_from_whoever_reads_the_format(SecretFileFormat format, string value, string expected) =>
        Assert.Equal(expected, Write(format, ("A", value)));

    [Fact]
    public void Bytes_that_are_no_text_are_refused_where_only_text_can_be()
    {
        using var output = new SecretBuffer();
        var file = File(SecretFileFormat.Json, "A");
        var secret = new ResolvedSecret("A", new SecretBytes([255]), IsFile: false);
        Assert.Throws<RunException>(() => new SecretFileContent(null).Write(file, [secret], output));
        output.Clear();
        new SecretFileContent(null).Write(file with { Format = SecretFileFormat.Bash }, [secret], output);
        Assert.Equal("export A=\"\xff\"", Encoding.Latin1.GetString(output.Written));
        Assert.Throws<RunException>(() => new SecretFileContent(null).Write(
            file with { Format = SecretFileFormat.Dotenv }, [new ResolvedSecret("A", new SecretBytes([0]), IsFile: false)], output));
    }

    [Fact]
    public void Missing_secrets_are_named()
    {
        using var output = new SecretBuffer();
        var failure = Assert.Throws<RunException>(() => new SecretFileContent(null).Write(File(SecretFileFormat.Json, "A", "B"), [], output));
        Assert.Equal("some secret specs are not present in secrets: \"A, B\"", failure.Message);
        Assert.Equal(0, output.Written.Length);
    }

    private static string Write(SecretFileFormat format, params (string Name, string Value)[] secrets)
    {
        using var output = new SecretBuffer();
        var resolved = secrets.Select(s => new ResolvedSecret(s.Name, new SecretBytes(Encoding.UTF8.GetBytes(s.Value)), IsFile: false)).ToList();
        new SecretFileContent(null).Write(File(format, [.. secrets.Select(s => s.Name)]), resolved, output);
        return Encoding.UTF8.GetString(output.Written);
    }

    private static FileSpec File(SecretFileFormat format, params string[] aliases) =>
        new("f", [.. aliases.Select(a => new SecretSpec(a, "", SecretTag.Literal, HclPosition.Start))]) { Format = format };
}
