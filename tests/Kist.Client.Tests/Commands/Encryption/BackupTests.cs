using System.Text;
using System.Text.Json.Nodes;

namespace Kist.Client.Tests.Commands.Encryption;

/// <summary><c>encryption backup, restore</c>.</summary>
public sealed class BackupTests : IAsyncLifetime
{
    private const string Passphrase = "correct horse battery staple";
    private readonly Fakes.Cli cli = new Fakes.Cli().With("KIST_TOKEN", "own");

    private string Config => cli.Home.At("config.yaml");

    private string Backup => cli.Home.At("config.backup");

    private string Restored => cli.Home.At("restored.yaml");

    public async Task InitializeAsync() => Assert.Equal(0, (await cli.RunAsync("encryption", "init", Config)).Code);

    [Fact]
    public async Task Passphrase_that_is_typed_twice_seals_and_opens()
    {
        cli.UserTypes(Passphrase);
        Assert.Equal(0, (await cli.RunAsync("encryption", "backup", Config, Backup)).Code);
        Assert.Equal(2, cli.Prompts.Count);
        var restored = await cli.RunAsync("encryption", "restore", Backup, Restored);
        Assert.Equal(0, restored.Code);
        Assert.Equal(await File.ReadAllBytesAsync(Config), await File.ReadAllBytesAsync(Restored));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Restored));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Backup));
        Assert.Equal(3, Directory.GetFileSystemEntries(cli.Home.Path).Length);
    }

    [Fact]
    public async Task Passphrase_comes_from_a_file_or_standard_input_and_its_line_end_does_not_count()
    {
        var file = cli.Home.File("passphrase", Passphrase + "\n");
        Assert.Equal(0, (await cli.RunAsync("encryption", "backup", $"-passphrase-file={file}", Config, Backup)).Code);
        Assert.Equal(0, (await cli.Input(Passphrase).RunAsync("encryption", "restore", "-check", "-passphrase-file=-", Backup)).Code);
        Assert.False(File.Exists(Restored));
    }

    [Fact]
    public async Task Wrong_passphrase_opens_nothing()
    {
        await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup);
        var wrong = await cli.Input(Passphrase + "r").RunAsync("encryption", "restore", "-passphrase-file=-", Backup, Restored);
        Assert.Equal(2, wrong.Code);
        Assert.Contains("does not open", wrong.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Restored));
    }

    [Theory]
    [InlineData("short", "at least 12 characters")]
    [InlineData("", "is empty")]
    public async Task Weak_passphrase_is_refused(string passphrase, string says)
    {
        var refused = await cli.Input(passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup);
        Assert.Equal(1, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Backup));
    }

    [Fact]
    public async Task Without_anybody_to_ask_it_says_so() =>
        Assert.Contains("nobody to ask", (await cli.RunAsync("encryption", "backup", Config, Backup)).Error, StringComparison.Ordinal);

    [Fact]
    public async Task Neither_a_backup_nor_a_file_is_overwritten()
    {
        await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup);
        var before = await File.ReadAllTextAsync(Backup);
        Assert.Equal(2, (await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup)).Code);
        Assert.Equal(before, await File.ReadAllTextAsync(Backup));
        Assert.Equal(2, (await cli.Input(Passphrase).RunAsync("encryption", "restore", "-passphrase-file=-", Backup, Config)).Code);
    }

    [Fact]
    public async Task What_the_api_server_refuses_is_not_sealed()
    {
        var bad = cli.Home.File("bad.yaml", "kind: x\n");
        var refused = await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", bad, Backup);
        Assert.Equal(2, refused.Code);
        Assert.False(File.Exists(Backup));
    }

    [Fact]
    public async Task Changed_backup_is_refused_before_anything_is_asked()
    {
        await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup);
        var text = await File.ReadAllTextAsync(Backup);
        await File.WriteAllTextAsync(Backup, text[..^5]);
        Assert.Equal(2, (await cli.Input(Passphrase).RunAsync("encryption", "restore", "-check", "-passphrase-file=-", Backup)).Code);
        await File.WriteAllTextAsync(Backup, text.Replace("argon2id 3 256", "argon2id 3 999999", StringComparison.Ordinal));
        Assert.Equal(2, (await cli.RunAsync("encryption", "restore", "-check", Backup)).Code);
    }

    [Fact]
    public async Task Backup_can_go_to_standard_output_and_come_from_standard_input()
    {
        var piped = await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, "-");
        Assert.StartsWith("kist-encryption-backup/1\n", piped.Output, StringComparison.Ordinal);
        var file = cli.Home.File("passphrase", Passphrase);
        Assert.Equal(0, (await cli.Input(piped.Output).RunAsync("encryption", "restore", $"-passphrase-file={file}", "-", Restored)).Code);
        Assert.Equal(await File.ReadAllBytesAsync(Config), await File.ReadAllBytesAsync(Restored));
    }

    [Fact]
    public async Task Longest_file_that_is_sealed_can_be_restored()
    {
        // As many bytes as a text of a million letters can have: sealed and in base64, it is longer than any file that is read otherwise.
        await File.AppendAllTextAsync(Config, $"# {new string('語', 1_047_000)}\n");
        Assert.Equal(0, (await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup)).Code);
        Assert.True(new FileInfo(Backup).Length > 4 * 1024 * 1024);
        Assert.Equal(0, (await cli.Input(Passphrase).RunAsync("encryption", "restore", "-passphrase-file=-", Backup, Restored)).Code);
        Assert.Equal(await File.ReadAllBytesAsync(Config), await File.ReadAllBytesAsync(Restored));

        await File.WriteAllBytesAsync(Config, new byte[4 * 1024 * 1024 + 1]);
        var refused = await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, cli.Home.At("other.backup"));
        Assert.Equal(2, refused.Code);
        Assert.Contains("longer than 4 MiB", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transit_key_wraps_a_key_of_the_backups_own()
    {
        cli.Server.On("PUT transit/encrypt/etcd", 200, """{"data":{"ciphertext":"vault:v1:d3JhcHBlZA=="}}""");
        Assert.Equal(0, (await cli.RunAsync("encryption", "backup", "-transit-key=etcd", Config, Backup)).Code);
        var key = JsonNode.Parse(cli.Server.Last.Body)!["plaintext"]!.GetValue<string>();
        Assert.Equal(32, Convert.FromBase64String(key).Length);
        Assert.Contains("\nkey: transit transit etcd vault:v1:d3JhcHBlZA==\n", await File.ReadAllTextAsync(Backup), StringComparison.Ordinal);
        Assert.DoesNotContain(key, await File.ReadAllTextAsync(Backup), StringComparison.Ordinal);

        cli.Server.On("PUT transit/decrypt/etcd", 200, $$$"""{"data":{"plaintext":"{{{key}}}"}}""");
        Assert.Equal(0, (await cli.RunAsync("encryption", "restore", Backup, Restored)).Code);
        Assert.Equal("""{"ciphertext":"vault:v1:d3JhcHBlZA=="}""", cli.Server.Last.Body);
        Assert.Equal(await File.ReadAllBytesAsync(Config), await File.ReadAllBytesAsync(Restored));
    }

    [Theory]
    [InlineData(403, """{"errors":["permission denied"]}""", "permission denied")]
    [InlineData(200, """{"data":{"plaintext":"c2hvcnQ="}}""", "no key of a backup")]
    [InlineData(200, "{}", "no key of a backup")]
    [InlineData(200, """{"data":{"plaintext":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}""", "does not open")]
    public async Task Server_that_does_not_give_the_key_opens_nothing(int status, string body, string says)
    {
        cli.Server.On("PUT apps/transit/encrypt/etcd", 200, """{"data":{"ciphertext":"vault:v1:d3JhcHBlZA=="}}""");
        Assert.Equal(0, (await cli.RunAsync("encryption", "backup", "-transit-key=etcd", "-transit-mount=apps/transit/", Config, Backup)).Code);
        cli.Server.On("PUT apps/transit/decrypt/etcd", status, body);
        var refused = await cli.RunAsync("encryption", "restore", Backup, Restored);
        Assert.Equal(2, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Restored));
    }

    [Fact]
    public async Task Lint_knows_whether_a_backup_is_of_the_file_as_it_is()
    {
        await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup);
        string[] lint = ["encryption", "lint", "-etcd-data-dir=/nowhere", $"-backup={Backup}", Config];
        Assert.Equal("No findings.\n", (await cli.RunAsync(lint)).Output);
        await File.AppendAllTextAsync(Config, "\n");
        var stale = await cli.RunAsync(lint);
        Assert.Equal(3, stale.Code);
        Assert.Contains("backup-missing", stale.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_is_said_holds_the_key_or_the_passphrase()
    {
        var secret = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Config)).Split("secret: \"")[1].Split('"')[0];
        var made = await cli.Input(Passphrase).RunAsync("encryption", "backup", "-passphrase-file=-", Config, Backup);
        var restored = await cli.Input(Passphrase).RunAsync("encryption", "restore", "-passphrase-file=-", Backup, Restored);
        var said = made.Output + made.Error + restored.Output + restored.Error + await File.ReadAllTextAsync(Backup);
        Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        Assert.DoesNotContain("horse", said, StringComparison.Ordinal);
    }

    public Task DisposeAsync()
    {
        cli.Dispose();
        return Task.CompletedTask;
    }
}
