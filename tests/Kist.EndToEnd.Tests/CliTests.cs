using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The command line against the real server over TLS.</summary>
public sealed class CliTests : IAsyncLifetime
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private WatchedServer watched = null!;
    private Cli cli = null!;

    public async Task InitializeAsync()
    {
        watched = await WatchedServer.StartAsync(new ServerOptions { Tls = true });
        cli = new Cli(BuiltProgram.Path, Path.Combine(watched.Server.Home, "user"), watched.Server.Address, watched.Server.AuthorityFile);
    }

    public Task DisposeAsync() => watched.DisposeAsync().AsTask();

    [Fact]
    public async Task Operator_takes_a_server_from_init_to_seal()
    {
        Assert.Contains("Initialized", (await cli.TryAsync("", "status")).Output);
        var init = JsonElement.Parse(await cli.RunAsync("operator", "init", "-key-shares=3", "-key-threshold=2", "-format=json"));
        var keys = init.GetProperty("unseal_keys_b64").EnumerateArray().Select(k => watched.Secrets.Add("share", k.GetString()!)).ToList();
        cli.Environment["KIST_TOKEN"] = watched.Secrets.Add("root token", init.GetProperty("root_token").GetString()!);
        Assert.Equal(3, keys.Count);
        Assert.Equal(2, (await cli.TryAsync("", "status")).ExitCode);
        await cli.RunAsync("operator", "unseal", keys[0]);
        await cli.FeedAsync(keys[1] + "\n", "operator", "unseal", "-");
        Assert.Equal("false", await cli.RunAsync("status", "-field=sealed"));
        Assert.Equal("1", await cli.RunAsync("operator", "key-status", "-field=term"));
        await cli.RunAsync("operator", "rotate");
        Assert.Equal("2", await cli.RunAsync("operator", "key-status", "-field=term"));
        await cli.RunAsync("operator", "seal");
        await cli.FailAsync(2, "kv", "get", "secret/x");
    }

    [Fact]
    public async Task Versions_are_kept_from_when_they_are_enabled_and_nothing_is_lost()
    {
        await ReadyAsync();
        await cli.RunAsync("secrets", "enable", "-path=kv1", "kv");
        var value = watched.Secrets.New("of version 1");
        for (var i = 0; i < 30; i++)
            await cli.RunAsync("kv", "put", $"kv1/app/{i}", $"value={value}");
        await cli.RunAsync("kv", "enable-versioning", "kv1");
        Assert.Equal(value, await cli.RunAsync("kv", "get", "-field=value", "kv1/app/29"));
        Assert.Equal(30, JsonElement.Parse(await cli.RunAsync("kv", "list", "-format=json", "kv1/app")).GetArrayLength());
        await cli.RunAsync("kv", "put", "-cas=1", "kv1/app/29", "value=new");
        Assert.Equal(value, await cli.RunAsync("kv", "get", "-version=1", "-field=value", "kv1/app/29"));
        Assert.Contains("cannot downgrade", await cli.FailAsync(2, "secrets", "tune", "-version=1", "kv1"), StringComparison.Ordinal);
        Assert.Contains("value", await cli.RunAsync("kv", "get", "kv1/app/0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_written_from_arguments_files_and_standard_input()
    {
        await ReadyAsync();
        var (typed, piped, filed) = (watched.Secrets.New("typed"), watched.Secrets.New("piped"), watched.Secrets.New("filed"));
        await File.WriteAllTextAsync(Path.Combine(cli.Home, "value"), filed);
        await cli.RunAsync("secrets", "enable", "-path=secret", "kv-v2");
        await cli.FeedAsync(piped, "kv", "put", "-mount=secret", "app/db", $"typed={typed}", "piped=-", "filed=@value");
        Assert.Equal(typed, await cli.RunAsync("kv", "get", "-mount=secret", "-field=typed", "app/db"));
        Assert.Equal(piped, await cli.RunAsync("kv", "get", "--field=piped", "secret/app/db"));
        var data = JsonElement.Parse(await cli.RunAsync("kv", "get", "--format=json", "secret/app/db")).GetProperty("data").GetProperty("data");
        Assert.Equal(filed, data.GetProperty("filed").GetString());
        await cli.RunAsync("kv", "patch", "secret/app/db", "more=1");
        Assert.Equal(typed, await cli.RunAsync("kv", "get", "-field=typed", "secret/app/db"));
        Assert.Contains("app/", await cli.RunAsync("kv", "list", "secret"));
        await cli.RunAsync("kv", "delete", "secret/app/db");
        await cli.FailAsync(2, "kv", "get", "-field=typed", "secret/app/db");
        await cli.RunAsync("kv", "undelete", "-versions=2", "secret/app/db");
        data = JsonElement.Parse(await cli.RunAsync("read", "-format=json", "secret/data/app/db")).GetProperty("data").GetProperty("data");
        Assert.Equal(typed, data.GetProperty("typed").GetString());
    }

    [Fact]
    public async Task Login_keeps_a_token_that_only_its_owner_can_read()
    {
        var root = await ReadyAsync();
        cli.Environment.Remove("KIST_TOKEN");
        await cli.FailAsync(2, "secrets", "list");
        await cli.FeedAsync(root + "\n", "login", "-no-print", "-");
        var kept = Assert.Single(Directory.EnumerateFiles(cli.Home));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(kept));
        Assert.Contains("cubbyhole/", await cli.RunAsync("secrets", "list"));
    }

    [Fact]
    public async Task Policies_and_tokens_limit_a_user()
    {
        await ReadyAsync();
        await cli.RunAsync("secrets", "enable", "-version=1", "kv");
        await cli.RunAsync("write", "kv/open", $"value={watched.Secrets.New("open")}");
        await cli.FeedAsync("path \"kv/open\" { capabilities = [\"read\"] }", "policy", "write", "reader", "-");
        Assert.Contains("reader", await cli.RunAsync("policy", "list"));
        var token = watched.Secrets.Add("token", await cli.RunAsync("token", "create", "-policy=reader", "-ttl=1h", "-field=token"));
        Assert.Equal("read", await cli.RunAsync("token", "capabilities", token, "kv/open"));
        cli.Environment["KIST_TOKEN"] = token;
        await cli.RunAsync("read", "kv/open");
        var error = await cli.FailAsync(2, "write", "kv/open", "value=x");
        Assert.Contains("permission denied", error);
    }

    [Fact]
    public async Task Wrapped_answer_is_unwrapped()
    {
        await ReadyAsync();
        var value = watched.Secrets.New("wrapped");
        await cli.RunAsync("secrets", "enable", "-version=1", "kv");
        await cli.RunAsync("write", "kv/x", $"value={value}");
        var token = watched.Secrets.Add("wrapping token", await cli.RunAsync("read", "-wrap-ttl=5m", "-field=wrapping_token", "kv/x"));
        Assert.Equal(value, await cli.RunAsync("unwrap", "-field=value", token));
        await cli.FailAsync(2, "unwrap", token);
    }

    [Fact]
    public async Task Batch_of_which_a_part_failed_is_shown_also_when_it_was_wrapped()
    {
        await ReadyAsync();
        await cli.RunAsync("secrets", "enable", "transit");
        await cli.RunAsync("write", "-f", "transit/keys/k");
        var plaintext = watched.Secrets.Add("plaintext", Convert.ToBase64String(Guid.NewGuid().ToByteArray()));
        var ciphertext = await cli.FeedAsync($$"""{"plaintext":"{{plaintext}}"}""", "write", "-field=ciphertext", "transit/encrypt/k", "-");
        var batch = $$"""{"batch_input":[{"ciphertext":"{{ciphertext}}"},{"ciphertext":"vault:v9:AAAA"}]}""";
        var shown = await cli.TryAsync(batch, "write", "-format=json", "transit/decrypt/k", "-");
        Assert.Equal(2, shown.ExitCode);
        Assert.Contains(plaintext, shown.Output);
        Assert.Contains("Code: 400", shown.Errors);

        var token = watched.Secrets.Add("wrapping token", await cli.FeedAsync(batch, "write", "-wrap-ttl=5m", "-field=wrapping_token", "transit/decrypt/k", "-"));
        var unwrapped = await cli.TryAsync("", "unwrap", "-format=json", token);
        Assert.Equal(2, unwrapped.ExitCode);
        Assert.Contains(plaintext, unwrapped.Output);
        Assert.Contains("Code: 400", unwrapped.Errors);
    }

    [Fact]
    public async Task Audit_devices_and_mounts_are_managed()
    {
        await ReadyAsync();
        await cli.RunAsync("audit", "enable", "file", $"file_path={watched.AuditFile}");
        Assert.Contains("file/", await cli.RunAsync("audit", "list"));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(watched.AuditFile));
        await cli.RunAsync("secrets", "enable", "-path=one", "kv");
        await cli.RunAsync("secrets", "tune", "-description=first", "one");
        await cli.RunAsync("secrets", "move", "one", "two");
        Assert.Contains("two/", await cli.RunAsync("secrets", "list"));
        await cli.RunAsync("secrets", "disable", "two");
        await cli.RunAsync("audit", "disable", "file");
        Assert.Contains("token/", await cli.RunAsync("auth", "list"));
    }

    [FactNeeding(Need.PythonYaml)]
    public async Task Yaml_says_to_another_reader_what_json_says()
    {
        await ReadyAsync();
        await cli.RunAsync("secrets", "enable", "-path=secret", "kv-v2");
        string[] awkward =
        [
            "\U0001F511", "\U0010FFFD", "é€", "\u0000", "\u0085\u2028\ufeff", "a\nb", "\x1b[2J", "yes", "1", "~", "- a", "a: b", "\"'\\", "<&>", "\u007f\u00a0", " a ",
        ];
        var data = awkward.Select((text, at) => (text, at)).ToDictionary(p => $"{p.at}{p.text}", p => new object[] { p.text, p.at });
        (await watched.Api.WriteAsync("secret/data/app", new { data })).Good();
        foreach (var format in (string[])["yaml", "json"])
            await File.WriteAllTextAsync(Path.Combine(cli.Home, format), await cli.RunAsync("kv", "get", $"-format={format}", "secret/app"));

        // The only thing in which two answers differ is the request's id.
        const string Compare = """
            import json, yaml
            read = yaml.safe_load(open("yaml")), json.load(open("json"))
            assert all(answer.pop("request_id") for answer in read)
            assert read[0] == read[1], read
            """;
        var start = BuiltProgram.Start(Machine.Python, ["-c", Compare]);
        start.WorkingDirectory = cli.Home;
        var ended = await KistProcess.RunAsync(start, TimeSpan.FromSeconds(30), "", default);
        Assert.True(ended.ExitCode == 0, ended.Errors);
    }

    [Fact]
    public async Task Mistakes_are_explained_on_standard_error()
    {
        Assert.Contains("kv", await cli.FailAsync(1, "kv", "gte", "secret/x"));
        await cli.FailAsync(1, "kv", "get", "-no-such-flag", "secret/x");
        await cli.FailAsync(1, "kv", "put", "-mount=secret", "x", "no-equals-sign");
        cli.Environment["KIST_ADDR"] = KistServer.FreeAddress().AbsoluteUri;
        Assert.Contains(cli.Environment["KIST_ADDR"].TrimEnd('/'), await cli.FailAsync(2, "secrets", "list"));
    }

    private async Task<string> ReadyAsync()
    {
        var keys = await watched.Server.InitializeAsync();
        foreach (var key in keys.Keys)
            watched.Secrets.Add("share", key);
        return cli.Environment["KIST_TOKEN"] = watched.Secrets.Add("root token", keys.RootToken);
    }
}
