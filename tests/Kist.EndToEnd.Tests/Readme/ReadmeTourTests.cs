using System.Text;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Readme;

/// <summary>The README's tour, typed into a shell in a clean home directory.</summary>
public sealed class ReadmeTourTests
{
    private const string Address = "http://127.0.0.1:8200";
    private static readonly TimeSpan PatienceWithServer = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PatienceWithCommand = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Tour_works_as_typed()
    {
        var tour = ReadmeTour.Parse(await File.ReadAllTextAsync(Path.Combine(BuiltProgram.Repository, "README.md")));
        Assert.Contains(tour.Blocks, block => block.IsServer);
        Assert.Contains(tour.Blocks, block => !block.IsServer);
        await Launcher.ReadyAsync();
        var home = Directory.CreateTempSubdirectory("kist-tour-").FullName;
        var servers = new List<KistProcess>();
        try
        {
            var before = new StringBuilder();
            foreach (var block in tour.Blocks)
            {
                if (block.IsServer)
                    servers.Add(await ServeAsync(home, block));
                else
                    await TypeAsync(home, block, before);
            }
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task<KistProcess> ServeAsync(string home, TourBlock block)
    {
        var server = KistProcess.Start(Shell(home, block.Commands[^1].Typed));
        using var api = new ApiClient(new Uri(Address), null);
        var began = TimeProvider.System.GetTimestamp();
        while (!await IsUpAsync(api))
        {
            Assert.False(server.HasExited, $"the server ended:\n{server.Output}");
            Assert.True(TimeProvider.System.GetElapsedTime(began) < PatienceWithServer, $"no answer at {Address}:\n{server.Output}");
            await Task.Delay(50);
        }
        Assert.False(server.HasExited, $"something else listens at {Address}:\n{server.Output}");
        Assert.Empty(block.Commands[^1].Missing(server.Output));
        return server;
    }

    // Each command runs in a shell of its own after what was set before it: exports and changes of directory.
    private static async Task TypeAsync(string home, TourBlock block, StringBuilder before)
    {
        foreach (var command in block.Commands)
        {
            var (exitCode, output, errors) = await KistProcess.RunAsync(Shell(home, $"set -euo pipefail\n{before}{command.Typed}"), PatienceWithCommand, "", default);
            Assert.True(exitCode == 0, $"{command.Typed}\nended with {exitCode}:\n{output}{errors}");
            Assert.True(command.Missing(output + errors) is [], $"{command.Typed}\ndid not print {string.Join(" | ", command.Missing(output + errors))} but:\n{output}{errors}");
            foreach (var line in command.Typed.Split('\n').Where(IsSetting))
                before.AppendLine(line);
        }
    }

    private static bool IsSetting(string line) =>
        line.StartsWith("export ", StringComparison.Ordinal) || line.StartsWith("cd ", StringComparison.Ordinal) || line.StartsWith("alias ", StringComparison.Ordinal);

    private static System.Diagnostics.ProcessStartInfo Shell(string home, string script)
    {
        var start = BuiltProgram.Start("bash", ["-c", script]);
        start.WorkingDirectory = BuiltProgram.Repository;
        start.Environment["HOME"] = home;
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("KIST_", StringComparison.Ordinal) || k.StartsWith("VAULT_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        return start;
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
}
