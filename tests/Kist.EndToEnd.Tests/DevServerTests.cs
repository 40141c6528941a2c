using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The development server, under its own name and under that of the program it replaces.</summary>
public sealed class DevServerTests : IAsyncLifetime
{
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
    public async Task Dev_server_prints_what_to_paste()
    {
        var process = await ServeAsync(BuiltProgram.Path, "dev", "--listen-address", address.Authority);
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
        var cli = new Cli(BuiltProgram.Path, Path.Combine(home, "user"), address, null);
        cli.Environment["KIST_TOKEN"] = Pasted(first.Output, "KIST_TOKEN=");
        await cli.RunAsync("kv", "put", "secret/app", "x=1");
        await first.StopAsync();
        Assert.Equal(0, first.ExitCode);
        await ServeAsync(BuiltProgram.Path, "dev", "--data", data, "--listen-address", address.Authority);
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
        while (!await IsUpAsync(api) || !process.Output.Contains("_TOKEN=", StringComparison.Ordinal))
        {
            Assert.False(process.HasExited, process.Output);
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
