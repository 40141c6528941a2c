using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The server as a process: start, signals, end.</summary>
public sealed class ServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Termination_ends_it_in_order()
    {
        var (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        await using var disposal = watched;
        await watched.Server.Process.StopAsync();
        Assert.Equal(0, watched.Server.Process.ExitCode);
        Assert.Empty(SqliteFile.Check(watched.Server.Database));
    }

    [Fact]
    public async Task Second_server_on_the_same_database_is_refused()
    {
        var (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        await using var disposal = watched;
        await using var second = KistServer.Create(new ServerOptions { DataDirectory = watched.Server.DataDirectory });
        second.Launch();
        Assert.True(await second.Process.EndsWithinAsync(Patience, default), $"the second server goes on:\n{second.Process.Output}");
        Assert.NotEqual(0, second.Process.ExitCode);
        Assert.Contains(watched.Server.Database, second.Process.Output);
        Assert.DoesNotContain("   at ", second.Process.Output);
        Assert.True((await watched.Api.ReadAsync("sys/health")).Succeeded);
    }

    [Fact]
    public async Task Faulty_configuration_is_refused_with_all_its_faults()
    {
        await using var server = KistServer.Create(new ServerOptions());
        await File.WriteAllTextAsync(server.ConfigurationFile, "storage \"sqlit\" { path = \"x\" }\nlog_levle = \"info\"\n");
        server.Launch();
        Assert.True(await server.Process.EndsWithinAsync(Patience, default), server.Process.Output);
        Assert.Equal(1, server.Process.ExitCode);
        Assert.Contains("sqlite", server.Process.Output);
        Assert.Contains("log_levle", server.Process.Output);
        Assert.Contains("listener", server.Process.Output);
    }

    [Fact]
    public async Task Hang_up_reopens_the_audit_file()
    {
        var (watched, _) = await WatchedServer.StartReadyAsync(new ServerOptions { StaticSeal = true });
        await using var disposal = watched;
        File.Move(watched.AuditFile, watched.AuditFile + ".1");
        (await watched.Api.ReadAsync("sys/mounts")).Good();
        Assert.False(File.Exists(watched.AuditFile));
        watched.Server.Process.Signal(Signals.Hup);
        var began = TimeProvider.System.GetTimestamp();
        while (!File.Exists(watched.AuditFile) && TimeProvider.System.GetElapsedTime(began) < Patience)
            await Task.Delay(20);
        (await watched.Api.ReadAsync("sys/policy")).Good();
        Assert.Contains(File.ReadLines(watched.AuditFile), line => JsonElement.Parse(line).GetProperty("request").GetProperty("path").GetString() == "sys/policy");
    }

    [Fact]
    public async Task Start_without_an_audit_device_is_told()
    {
        await using var watched = await WatchedServer.StartAsync(new ServerOptions { StaticSeal = true });
        watched.Secrets.Add("root token", (await watched.Server.InitializeAsync()).RootToken);
        await watched.Server.RestartAsync();
        await watched.Server.AnswersAsync("sys/health");
        Assert.Contains("audit", watched.Server.Process.Output, StringComparison.OrdinalIgnoreCase);
    }
}
