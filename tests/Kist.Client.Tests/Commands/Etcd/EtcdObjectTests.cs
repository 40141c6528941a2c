using System.Text;
using System.Text.Json;
using Kist.Client.Tests.Fakes;
using Kist.Commands.Cli;
using Kist.Commands.Etcd;

namespace Kist.Client.Tests.Commands.Etcd;

/// <summary><c>etcd verify</c>, <c>get</c> and <c>search</c> on the captured snapshot.</summary>
public sealed class EtcdObjectTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    [Fact]
    public async Task Verify_names_what_does_not_decrypt_what_was_moved_and_what_nobody_could_be_asked_about()
    {
        var result = await RunAsync("verify", "-config", EtcdFiles.Mixed);
        Assert.Equal(3, result.Code);
        Repository.AssertGolden("etcd-verify.txt", EtcdFiles.Shorten(result.Output + "---\n" + result.Error));
        Repository.AssertGolden("etcd-verify.json", (await RunAsync("verify", "-config", EtcdFiles.Mixed, "-format=json")).Output);
    }

    [Fact]
    public async Task Verify_that_could_not_ask_a_plugin_is_2_when_nothing_else_is_wrong()
    {
        var config = cli.Home.File("kms.yaml", File.ReadAllText(EtcdFiles.Configuration("kmsv2")).Replace("\"secrets\"", "\"namespaces\"", StringComparison.Ordinal));
        Assert.Equal(0, (await RunAsync("verify", "-config", EtcdFiles.Mixed, "-resources=namespaces")).Code);
        Assert.Equal(3, (await RunAsync("verify", "-config", config)).Code);
    }

    [Fact]
    public async Task Verify_needs_a_configuration()
    {
        var result = await RunAsync("verify");
        Assert.Equal(1, result.Code);
        Assert.Contains("-config=FILE", result.Error);
    }

    [Theory]
    [InlineData("secrets/default/aescbc-key2-1", "etcd-get")]
    [InlineData("/registry/configmaps/default/aesgcm-cm", "etcd-get-configmap")]
    public async Task Get_masks_values_unless_asked(string name, string golden)
    {
        var masked = await RunAsync("get", name, "-config", EtcdFiles.Mixed);
        Assert.Equal(0, masked.Code);
        Repository.AssertGolden($"{golden}.txt", masked.Output);
        var json = await RunAsync("get", name, "-config", EtcdFiles.Mixed, "-format=json");
        Repository.AssertGolden($"{golden}.json", json.Output);
        Assert.DoesNotContain("base64", json.Output);
    }

    [Fact]
    public async Task Get_shows_values_when_asked()
    {
        Assert.Contains("data value      aescbc-key2-1-secret-value\n", (await RunAsync("get", "secrets/default/aescbc-key2-1", "-config", EtcdFiles.Mixed, "-unmask")).Output);
        var json = (await RunAsync("get", "secrets/default/aescbc-key2-1", "-config", EtcdFiles.Mixed, "-unmask", "-format=json")).Output;
        using var document = JsonDocument.Parse(json);
        var value = document.RootElement.GetProperty("object").GetProperty("data").GetProperty("value").GetProperty("base64").GetBytesFromBase64();
        Assert.Equal("aescbc-key2-1-secret-value", System.Text.Encoding.UTF8.GetString(value));
    }

    [Fact]
    public async Task Get_of_plaintext_needs_no_configuration_and_masks_it_all_the_same()
    {
        var result = await RunAsync("get", "secrets/default/plain-1");
        Assert.Equal(0, result.Code);
        Assert.Contains("data value      [masked] 20 bytes", result.Output);
        Assert.DoesNotContain("plain-1-secret", result.Output);
    }

    [Theory]
    [InlineData("secrets/default/none", 2, "there is no key /registry/secrets/default/none")]
    [InlineData("secrets/default/aesgcm-1 -unmask", 2, "the value is encrypted")]
    [InlineData("secrets/default/aesgcm-1", 0, "the value is encrypted")]
    [InlineData("secrets", 1, "RESOURCE/NAMESPACE/NAME")]
    [InlineData("secrets/a/b/c", 1, "RESOURCE/NAMESPACE/NAME")]
    [InlineData("secret/default/x", 1, "did you mean \"secrets\"")]
    [InlineData("*.*/default/x", 1, "one object has one resource")]
    public async Task Get_says_why_it_shows_nothing(string arguments, int code, string message)
    {
        var result = await RunAsync(["get", .. arguments.Split(' ')]);
        Assert.Equal(code, result.Code);
        Assert.Contains(message, result.Error);
    }

    [Fact]
    public async Task Get_of_a_moved_or_tampered_value_warns_or_fails()
    {
        var moved = await RunAsync("get", "secrets/corrupt/aescbc-moved", "-config", EtcdFiles.Mixed);
        Assert.Equal(0, moved.Code);
        Assert.Contains("somebody copied the value", moved.Error);
        Assert.Contains("says_it_is", moved.Output);
        var tampered = await RunAsync("get", "secrets/corrupt/aesgcm-moved", "-config", EtcdFiles.Mixed);
        Assert.Equal(2, tampered.Code);
        Assert.Contains("cipher: message authentication failed", tampered.Error);
    }

    [Fact]
    public async Task Search_finds_plaintext_in_keys_and_in_what_they_held_before()
    {
        var result = await cli.Input("plaintext-in-history-of-was-plain\n").RunAsync("etcd", "search", "-", "-snapshot", EtcdFiles.Snapshot);
        Assert.Equal(3, result.Code);
        Repository.AssertGolden("etcd-search.txt", EtcdFiles.Shorten(result.Output));
        Assert.DoesNotContain("plaintext-in-history", result.Error);
        var file = cli.Home.File("value", "plain-1-secret-value\r\n");
        var json = await cli.RunAsync("etcd", "search", $"@{file}", "-snapshot", EtcdFiles.Snapshot, "-format=json");
        Assert.Equal(3, json.Code);
        Repository.AssertGolden("etcd-search.json", json.Output);
    }

    [Fact]
    public async Task Search_with_a_configuration_tells_where_the_value_is_encrypted_which_is_no_finding()
    {
        var result = await cli.UserTypes("aescbc-key2-2-secret-value").RunAsync("etcd", "search", "-snapshot", EtcdFiles.Snapshot, "-config", EtcdFiles.Mixed);
        Assert.Equal(0, result.Code);
        Assert.Single(cli.Prompts);
        Assert.Contains("the value lies nowhere in plaintext", result.Output);
        Assert.Contains("encrypted    raw     206", result.Output);
        Assert.DoesNotContain("secret-value", result.Output + result.Error);
    }

    [Fact]
    public async Task Search_takes_no_value_as_an_argument_and_does_not_repeat_it()
    {
        var result = await RunAsync("search", "hunter2-hunter2");
        Assert.Equal(1, result.Code);
        Assert.DoesNotContain("hunter2", result.Output + result.Error);
    }

    [Theory]
    [InlineData("short", 1, "fewer than 6 bytes")]
    [InlineData("", 1, "fewer than 6 bytes")]
    [InlineData("nowhere-to-be-found", 0, "")]
    public async Task Search_for_too_little_is_refused_and_for_nothing_there_is_0(string value, int code, string message)
    {
        var result = await cli.Input(value).RunAsync("etcd", "search", "-snapshot", EtcdFiles.Snapshot);
        Assert.Equal(code, result.Code);
        Assert.Contains(message, result.Error);
    }

    [Fact]
    public async Task Search_for_more_than_an_object_holds_is_refused()
    {
        var result = await cli.Input(new string('x', 3_000_000)).RunAsync("etcd", "search", "-snapshot", EtcdFiles.Snapshot);
        Assert.Equal(1, result.Code);
        Assert.Contains("more than", result.Error);
    }

    [Fact]
    public async Task Search_that_was_cut_short_and_found_nothing_yet_is_2()
    {
        // Its first places lie in Secrets, which are not looked for.
        cli.Groups = [new CommandGroup("etcd", () => [SearchOf(mostPlaces: 1)])];
        var result = await cli.Input("-secret-value").RunAsync("etcd", "search", "-snapshot", EtcdFiles.Snapshot, "-resources=configmaps");
        Assert.Equal(2, result.Code);
        Assert.Contains("the search of the file ended after 1 places", result.Error);
        cli.Groups = [new CommandGroup("etcd", () => [SearchOf(mostPlaces: 2)])];
        Assert.Equal(0, (await cli.Input("-secret-value").RunAsync("etcd", "search", "-snapshot", EtcdFiles.Snapshot, "-resources=configmaps")).Code);
        cli.Groups = [new CommandGroup("etcd", () => [SearchOf(mostPlaces: 1)])];
        Assert.Equal(3, (await cli.Input("-secret-value").RunAsync("etcd", "search", "-snapshot", EtcdFiles.Snapshot)).Code);
    }

    [Theory]
    [InlineData("utf-8", "byte order mark, which was left out")]
    [InlineData("utf-16", "given in UTF-16")]
    [InlineData("utf-16BE", "given in big-endian UTF-16")]
    public async Task Search_reads_a_file_as_its_byte_order_mark_says(string name, string message)
    {
        var encoding = Encoding.GetEncoding(name);
        var path = cli.Home.At("value");
        File.WriteAllBytes(path, [.. encoding.GetPreamble(), .. encoding.GetBytes("plain-1-secret-value\r\n")]);
        var result = await RunAsync("search", $"@{path}");
        Assert.Equal(3, result.Code);
        Assert.Contains(message, result.Error);
        Assert.Contains("/registry/secrets/default/plain-1", result.Output);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 1, 2, 3, 4, 5 })]
    [InlineData(new byte[] { 0xFF, 0xFE, 0, 0xD8, 3, 4, 5, 6 })]
    public async Task Search_for_bytes_that_only_begin_like_a_byte_order_mark_takes_them_as_they_are(byte[] value)
    {
        var result = await cli.Input(value).RunAsync("etcd", "search", "-snapshot", EtcdFiles.Snapshot);
        Assert.Equal((0, ""), (result.Code, result.Error));
    }

    public void Dispose() => cli.Dispose();

    private static Command SearchOf(int mostPlaces) => EtcdCommands.Group.Commands().Single(c => c.Name == "etcd search") with
    {
        Run = (call, cancellation) => EtcdSession.RunAsync(call, (session, token) => SearchCommand.RunAsync(session, mostPlaces, token), cancellation),
    };

    private Task<CliResult> RunAsync(params string[] arguments) => cli.RunAsync(["etcd", .. arguments, "-snapshot", EtcdFiles.Snapshot]);
}
