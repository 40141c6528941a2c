using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kist.Harness.Servers;

/// <summary>
/// One of Debian's servers on a port and in a directory of its own. It can be gone for a while and come back with its data, and fall silent with its
/// connections open. Nothing of it stays after disposal.
/// </summary>
public abstract class PrivateServer : IAsyncDisposable
{
    /// <summary>The address that every server listens on.</summary>
    public const string Host = "127.0.0.1";

    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan PatienceWithTool = TimeSpan.FromSeconds(120);

    private readonly string name;
    private KistProcess? process;

    /// <summary>With a name for messages and for the directory.</summary>
    protected PrivateServer(string name)
    {
        this.name = name;
        Home = Directory.CreateTempSubdirectory($"kist-{name}-").FullName;
        Port = KistServer.FreeAddress().Port;
    }

    /// <summary>The port that clients connect to, the same over restarts.</summary>
    public int Port { get; }

    /// <summary>The current run.</summary>
    public KistProcess Process => process ?? throw new InvalidOperationException($"{name} is not started");

    /// <summary>True once it was started.</summary>
    protected bool HasRun => process is not null;

    /// <summary>The server's directory, its maker's alone unless the server says otherwise.</summary>
    protected string Home { get; }

    /// <summary>The signal that asks for an orderly end which waits for no client.</summary>
    protected virtual int EndSignal => Signals.Term;

    /// <summary>Ends the server in order; its port then refuses connections.</summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public async Task StopAsync()
    {
        Process.Signal(EndSignal);
        if (!await Process.EndsWithinAsync(PatienceAtStart, CancellationToken.None))
            throw new TimeoutException($"{name} did not end within {PatienceAtStart}:\n{Process.Output}");
    }

    /// <summary>Starts an ended server again, with the data it had, and waits until it takes clients.</summary>
    public async Task RestartAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        process = KistProcess.Start(Run());
        var began = TimeProvider.System.GetTimestamp();
        while (!Process.HasExited && TimeProvider.System.GetElapsedTime(began) < PatienceAtStart)
        {
            if (await IsReadyAsync())
                return;
            await Task.Delay(20);
        }
        throw new InvalidOperationException(Process.HasExited
            ? $"{name} ended with {Process.ExitCode.ToString(CultureInfo.InvariantCulture)}:\n{Process.Output}"
            : $"{name} did not take clients within {PatienceAtStart}:\n{Process.Output}");
    }

    /// <summary>
    /// Stops the server without ending it: the system still takes connections for it, and all are silent until <see cref="ResumeAsync"/>.
    /// </summary>
    public async Task PauseAsync()
    {
        // The first one first, so that it starts no others meanwhile.
        await StopThreadsAsync(Process.Id);
        foreach (var worker in Workers())
            await StopThreadsAsync(worker);
    }

    /// <summary>Lets a paused server go on.</summary>
    public Task ResumeAsync()
    {
        foreach (var worker in Workers())
            Signals.Send(worker, Signals.Continue);
        Process.Signal(Signals.Continue);
        return Task.CompletedTask;
    }

    /// <summary>Ends the server and removes its files.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Directory.Delete(Home, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts a server for the first time; one that does not come up is disposed of.</summary>
    protected static async Task<T> FirstStartAsync<T>(T server)
        where T : PrivateServer
    {
        try
        {
            await server.PrepareAsync();
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes what the first start needs: the data directory and the configuration.</summary>
    protected abstract Task PrepareAsync();

    /// <summary>How the server is started, by <see cref="Guardian"/>; the program takes the place of the process that is started.</summary>
    protected abstract ProcessStartInfo Run();

    /// <summary>True once the server takes clients.</summary>
    protected abstract Task<bool> IsReadyAsync();

    /// <summary>Ends the current run, if there is one.</summary>
    protected virtual async Task EndAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
    }

    /// <summary>Runs a program that prepares something.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    protected static async Task RunToolAsync(string program, params IEnumerable<string> arguments)
    {
        var ended = await KistProcess.RunAsync(BuiltProgram.Start(program, arguments), PatienceWithTool, "", CancellationToken.None);
        if (ended.ExitCode != 0)
            throw new InvalidOperationException($"{program} failed:\n{ended.Output}{ended.Errors}");
    }

    /// <summary>What the server says first, after <paramref name="greeting"/>; empty when it does not answer.</summary>
    protected static async Task<byte[]> FirstWordsAsync(EndPoint address, ReadOnlyMemory<byte> greeting)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address);
            await socket.SendAsync(greeting);
            var buffer = new byte[64];
            return buffer[..await socket.ReceiveAsync(buffer)];
        }
        catch (SocketException)
        {
            return [];
        }
    }

    // Those of its children that run the same program. The guardian is a child as well, and must go on.
    private List<int> Workers() =>
    [
        .. Directory.EnumerateDirectories($"/proc/{Process.Id}/task")
            .SelectMany(static thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(static id => int.Parse(id, CultureInfo.InvariantCulture))
            .Where(id => Executable(id) == Executable(Process.Id)),
    ];

    private static string? Executable(int id) => new FileInfo($"/proc/{id}/exe").LinkTarget;

    private static async Task StopThreadsAsync(int id)
    {
        Signals.Send(id, Signals.Stop);
        // The signal returns before every thread has stopped.
        while (Directory.Exists($"/proc/{id}/task") && !Directory.GetDirectories($"/proc/{id}/task").All(IsStopped))
            await Task.Delay(1);
    }

    // The state follows the name, which is in parentheses. One that has just ended is as still; nobody fetches it while its parent is stopped.
    private static bool IsStopped(string thread)
    {
        try
        {
            var state = File.ReadAllText(Path.Combine(thread, "stat"));
            return state[state.LastIndexOf(')') + 2] is 'T' or 'Z' or 'X';
        }
        catch (IOException)
        {
            return true;
        }
    }
}
