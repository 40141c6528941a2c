using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Settings that only a running server shows: a Unix socket, the process id, the form of the log.</summary>
public sealed class ListenerTests : IAsyncLifetime
{
    private KistServer server = null!;

    private string SocketPath => Path.Combine(server.Home, "kist.sock");

    private string PidFile => Path.Combine(server.Home, "kist.pid");

    public async Task InitializeAsync() => server = await KistServer.StartAsync(new ServerOptions
    {
        Settings = """
            pid_file = "HOME/kist.pid"
            log_format = "json"
            listener "unix" {
              address = "HOME/kist.sock"
              socket_mode = "0660"
            }
            """,
    });

    public Task DisposeAsync() => server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_unix_socket_answers_and_has_the_mode_that_was_asked_for()
    {
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(SocketPath));
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        Assert.Equal(HttpStatusCode.NotImplemented, (await http.GetAsync("http://kist/v1/sys/health")).StatusCode);
    }

    [Fact]
    public async Task The_process_id_stands_in_its_file_until_the_end()
    {
        await HoldsAsync(() => File.Exists(PidFile));
        Assert.Equal($"{server.Process.Id}\n", await File.ReadAllTextAsync(PidFile));
        await server.Process.StopAsync();
        Assert.False(File.Exists(PidFile));
    }

    [Fact]
    public async Task Every_line_of_a_log_in_json_is_an_object()
    {
        await server.InitializeAsync();
        await server.Process.StopAsync();
        var lines = server.Process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.True(JsonElement.Parse(line).TryGetProperty("LogLevel", out _), line));
        Assert.Contains(lines, line => JsonElement.Parse(line).GetProperty("Message").GetString()!.StartsWith("kist ", StringComparison.Ordinal));
    }

    private static async Task HoldsAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!condition())
            await Task.Delay(5, patience.Token);
    }
}
