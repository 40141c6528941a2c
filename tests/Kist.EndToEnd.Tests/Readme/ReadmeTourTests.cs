using System.Net;
using System.Net.Sockets;
using System.Text;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Readme;

/// <summary>The README's tour, typed into a shell in a clean home directory.</summary>
public sealed class ReadmeTourTests
{
    private const int Port = 8200;
    private static readonly string Address = $"http://127.0.0.1:{Port}";
    private static readonly TimeSpan PatienceWithServer = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PatienceWithCommand = TimeSpan.FromSeconds(30);

    [Fact]
    public Task Tour_works_as_typed() => TourAsync(withPython: false);

    [FactNeeding(Need.Hvac)]
    public Task Tour_works_with_its_script_for_hvac() => TourAsync(withPython: true);

    [Fact]
    public void Somebody_elses_server_at_the_address_is_not_taken_for_the_tours()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        Assert.Contains("something else listens", Assert.Throws<InvalidOperationException>(() => RequireFree(port)).Message);
    }

    private static async Task TourAsync(bool withPython)
    {
        var tour = ReadmeTour.Parse(await File.ReadAllTextAsync(Path.Combine(BuiltProgram.Repository, "README.md")));
        Assert.All(Enum.GetValues<TourKind>(), kind => Assert.Contains(tour.Blocks, block => block.Kind == kind));
        RequireFree(Port);
        await Launcher.ReadyAsync();
        var home = Directory.CreateTempSubdirectory("kist-tour-").FullName;
        var servers = new List<KistProcess>();
        try
        {
            var before = new StringBuilder();
            foreach (var block in tour.Blocks)
            {
                if (block.Kind == TourKind.Server)
                    servers.Add(await ServeAsync(home, block));
                else if (block.Kind == TourKind.Shell)
                    await TypeAsync(home, block, before);
                else if (withPython)
                    await RunAsync(block.Commands[0], BuiltProgram.Start(Machine.Python, ["-c", block.Commands[0].Typed]));
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
            await RunAsync(command, Shell(home, $"set -euo pipefail\n{before}{command.Typed}"));
            foreach (var line in command.Typed.Split('\n').Where(IsSetting))
                before.AppendLine(line);
        }
    }

    private static async Task RunAsync(TourCommand command, System.Diagnostics.ProcessStartInfo start)
    {
        var (exitCode, output, errors) = await KistProcess.RunAsync(start, PatienceWithCommand, "", default);
        Assert.True(exitCode == 0, $"{command.Typed}\nended with {exitCode}:\n{output}{errors}");
        Assert.True(command.Missing(output + errors) is [], $"{command.Typed}\ndid not print {string.Join(" | ", command.Missing(output + errors))} but:\n{output}{errors}");
    }

    // The tour writes to whatever answers at its address with the token "root": that must be the server that it starts.
    private static void RequireFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
        }
        catch (SocketException e)
        {
            throw new InvalidOperationException($"something else listens at 127.0.0.1:{port}, which the README's tour needs: stop it and try again", e);
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
