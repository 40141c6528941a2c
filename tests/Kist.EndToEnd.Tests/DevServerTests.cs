using System.Text.Json;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The development server, under its own name and under that of the program it replaces.</summary>
public sealed class DevServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string home = Directory.CreateTempSubdirectory("kist-dev-").FullName;
    private readonly Uri address = KistServer.FreeAddress();
    private readonly List<KistProcess> started = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var process in started)
            await process.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task Link_named_vault_behaves_as_that_program()
    {
        var vault = Path.Combine(home, "vault");
        File.CreateSymbolicLink(vault, BuiltProgram.Path);
        await ServeAsync(vault, "server", "-dev", "-dev-root-token-id=root", $"-dev-listen-address={address.Authority}");
        var cli = new Cli(vault, Path.Combine(home, "user"), address, null);
        cli.Environment.Clear();
        cli.Environment["HOME"] = cli.Home;
        cli.Environment["VAULT_ADDR"] = address.AbsoluteUri.TrimEnd('/');
        cli.Environment["VAULT_TOKEN"] = "root";
        Assert.Contains("Sealed", await cli.RunAsync("status"));
        await cli.RunAsync("kv", "put", "secret/app", "x=1");
        Assert.Equal("1", await cli.RunAsync("kv", "get", "-field=x", "secret/app"));
        Assert.Equal("root", await cli.RunAsync("token", "lookup", "-field=id"));
        Assert.Contains("vault", await cli.RunAsync("kv", "get", "-h"));
    }

    [Fact]
    public async Task Link_named_vault_serves_a_configuration_as_that_program()
    {
        await using var server = KistServer.Create(new ServerOptions());
        var vault = Path.Combine(home, "vault");
        File.CreateSymbolicLink(vault, BuiltProgram.Path);
        var start = BuiltProgram.Start(vault, ["server", $"-config={server.ConfigurationFile}"]);
        start.Environment.Remove("DOTNET_EnableDiagnostics");
        server.Launch(start);
        await server.AnswersAsync("sys/health?uninitcode=200");
        var cli = new Cli(vault, Path.Combine(home, "user"), server.Address, null);
        var init = JsonElement.Parse(await cli.RunAsync("operator", "init", "-key-shares=1", "-key-threshold=1", "-format=json"));
        await cli.RunAsync("operator", "unseal", init.GetProperty("unseal_keys_b64")[0].GetString()!);

        // It has replaced itself by itself, and must still know what it was called.
        Assert.Equal(vault, (await File.ReadAllTextAsync($"/proc/{server.Process.Id}/cmdline")).Split('\0')[0]);
        await server.Process.StopAsync();
        Assert.Equal(0, server.Process.ExitCode);
    }

    [Fact]
    public async Task Dev_server_prints_what_to_paste()
    {
        var process = await ServeAsync(BuiltProgram.Path, "dev", "--listen-address", address.Authority);
        Assert.Equal(32, Convert.FromBase64String(Pasted(process.Output, "Unseal key:")).Length);
        Assert.DoesNotContain("beside the data", process.Output);
        Assert.Contains(address.AbsoluteUri.TrimEnd('/'), process.Output);
        var token = Pasted(process.Output, "KIST_TOKEN=");
        var cli = new Cli(BuiltProgram.Path, Path.Combine(home, "user"), address, null);
        cli.Environment["KIST_TOKEN"] = token;
        await cli.RunAsync("kv", "put", "secret/app", "x=1");
    }

    [Fact]
    public async Task Lasting_dev_server_keeps_its_secrets_and_its_key_to_its_owner()
    {
        var data = Path.Combine(home, "data");
        var first = await ServeAsync(BuiltProgram.Path, "dev", "--data", data, "--listen-address", address.Authority);
        Assert.Contains("whoever can read this folder can read every secret in it", first.Output);
        Assert.Contains(data, first.Output);
        var key = Pasted(first.Output, "Unseal key:");
        Assert.Equal(key, (await File.ReadAllTextAsync(Path.Combine(data, "unseal.key"))).Trim());
        var cli = new Cli(BuiltProgram.Path, Path.Combine(home, "user"), address, null);
        cli.Environment["KIST_TOKEN"] = Pasted(first.Output, "KIST_TOKEN=");
        await cli.RunAsync("kv", "put", "secret/app", "x=1");
        await first.StopAsync();
        Assert.Equal(0, first.ExitCode);
        var second = await ServeAsync(BuiltProgram.Path, "dev", "--data", data, "--listen-address", address.Authority);
        Assert.Equal(key, Pasted(second.Output, "Unseal key:"));
        Assert.Equal("1", await cli.RunAsync("kv", "get", "-field=x", "secret/app"));
        Assert.All(
            Directory.EnumerateFiles(data),
            file => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)));
    }

    private async Task<KistProcess> ServeAsync(string program, params string[] arguments)
    {
        var start = BuiltProgram.Start(program, arguments);
        start.WorkingDirectory = home;
        start.Environment["HOME"] = home;
        var process = KistProcess.Start(start);
        started.Add(process);
        using var api = new ApiClient(address, null);
        // It prints what to paste after it has begun to answer.
        var began = TimeProvider.System.GetTimestamp();
        while (!await IsUpAsync(api) || !process.Output.Contains("_TOKEN=", StringComparison.Ordinal))
        {
            Assert.False(process.HasExited, process.Output);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"no answer at {address}:\n{process.Output}");
            await Task.Delay(10);
        }
        return process;
    }

    private static async Task<bool> IsUpAsync(ApiClient api)
    {
        try
        {
            return (await api.ReadAsync("sys/health")).Succeeded;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Pasted(string output, string after)
    {
        var line = output.Split('\n').First(l => l.Contains(after, StringComparison.Ordinal));
        return line[(line.IndexOf(after, StringComparison.Ordinal) + after.Length)..].Trim().Trim('\'', '"');
    }
}
