using System.Diagnostics;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>
/// What protects the keys in the memory of a server from the outside. The built program itself is started: <c>./kist</c> sets the runtime's variable, with
/// which nothing here would show that the program sets it too.
/// </summary>
public sealed class HardeningTests : IAsyncLifetime
{
    private KistServer server = null!;

    public async Task InitializeAsync()
    {
        server = KistServer.Create(new ServerOptions());
        server.Launch(Start(BuiltProgram.Path));
        await server.AnswersAsync("sys/health?uninitcode=200");
    }

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    [Fact]
    public void Core_dumps_are_off()
    {
        var limit = File.ReadLines($"/proc/{server.Process.Id}/limits").Single(line => line.StartsWith("Max core file size", StringComparison.Ordinal));
        Assert.Matches("^Max core file size +0 +0 +bytes", limit);
    }

    [FactNeeding(Need.UnprivilegedUser)]
    public async Task Memory_is_closed_to_other_processes_of_the_same_user()
    {
        // The kernel gives the files of a process that is not dumpable to root, whoever runs it.
        var stat = BuiltProgram.Start("stat", ["--format=%u", $"/proc/{server.Process.Id}/mem"]);
        var ended = await KistProcess.RunAsync(stat, TimeSpan.FromSeconds(10), "", default);
        Assert.Equal("0", ended.Output.Trim());
    }

    [Fact]
    public void Diagnostics_socket_is_off()
    {
        var name = $"dotnet-diagnostic-{server.Process.Id}-*";
        Assert.Empty(Directory.EnumerateFiles(server.Home, name).Concat(Directory.EnumerateFiles(Path.GetTempPath(), name)));

        // A socket whose file was removed is still listed here.
        Assert.DoesNotContain($"dotnet-diagnostic-{server.Process.Id}-", File.ReadAllText("/proc/net/unix"));
    }

    // A limit that would allow dumps, no help from the environment and no rights: the server has to look after itself.
    private ProcessStartInfo Start(string program)
    {
        string[] shell = ["/bin/sh", "-c", "ulimit -c unlimited; exec \"$0\" server -config=\"$1\"", program, server.ConfigurationFile];
        var lower = Environment.IsPrivilegedProcess && Machine.Lack(Need.UnprivilegedUser) is null;
        if (lower)
            Assert.True(Machine.Succeeds("chown", "-R", Machine.NobodyId, server.Home));
        var start = lower ? BuiltProgram.Start("setpriv", [.. Machine.AsNobody, .. shell]) : BuiltProgram.Start(shell[0], shell[1..]);
        start.Environment["TMPDIR"] = server.Home;
        start.Environment["HOME"] = server.Home;
        start.Environment.Remove("DOTNET_EnableDiagnostics");
        return start;
    }
}
