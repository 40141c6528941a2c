using System.Diagnostics;
using Kist.EndToEnd.Tests.Leaks;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Run;

/// <summary>A server with secrets, and the command line of somebody who runs programs with them.</summary>
public sealed class RunWorld : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private WatchedServer watched = null!;

    /// <summary>A password that a secret holds.</summary>
    public string Password { get; private set; } = "";

    /// <summary>A key of several lines that a secret holds.</summary>
    public string Key { get; private set; } = "";

    /// <summary>The server's client.</summary>
    public ApiClient Api => watched.Api;

    /// <summary>The command line.</summary>
    public Cli Cli { get; private set; } = null!;

    /// <summary>Where the command line works.</summary>
    public string Home => Cli.Home;

    public async Task InitializeAsync()
    {
        (watched, var keys) = await WatchedServer.StartReadyAsync(new ServerOptions { Tls = true });
        (await Api.WriteAsync("sys/mounts/secret", new { type = "kv", options = new { version = "2" } })).Good();
        Password = watched.Secrets.New("password");
        Key = $"-----BEGIN KEY-----\n{watched.Secrets.New("key")}\n-----END KEY-----\n";
        await WriteAsync("app/db", new { password = Password, key = Key, user = "joe" });
        Cli = new Cli(BuiltProgram.Path, Path.Combine(watched.Server.Home, "user"), watched.Server.Address, watched.Server.AuthorityFile);
        Cli.Environment["KIST_TOKEN"] = keys.RootToken;
        Cli.Environment["SUMMON_PROVIDER_PATH"] = Directory.CreateDirectory(Path.Combine(Home, "providers")).FullName;
    }

    public Task DisposeAsync() => watched.DisposeAsync().AsTask();

    /// <summary>Writes a secret below <c>secret/</c>.</summary>
    public async Task WriteAsync(string path, object data) => (await Api.WriteAsync($"secret/data/{path}", new { data })).Good();

    /// <summary>A new value that must not be found anywhere.</summary>
    public string NewSecret(string label) => watched.Secrets.New(label);

    /// <summary>Where something of secrets stands in a text.</summary>
    public IReadOnlyList<string> LeaksIn(string place, ReadOnlySpan<byte> content) => LeakSearch.In(place, content, watched.Secrets);

    /// <summary>Writes a file of a name of its own and gives its path.</summary>
    public string File(string content, string ending = ".yml", bool isProgram = false)
    {
        var path = Path.Combine(Home, Path.GetRandomFileName() + ending);
        System.IO.File.WriteAllText(path, content);
        if (isProgram)
            System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>A path that is free.</summary>
    public string Free() => Path.Combine(Home, Path.GetRandomFileName());

    /// <summary>Runs <c>kist run</c>.</summary>
    public Task<Ended> RunAsync(params string[] arguments) => Cli.TryAsync("", ["run", .. arguments]);

    /// <summary>Runs the program through a link of another name.</summary>
    public async Task<Ended> RunAsAsync(string name, string input, params string[] arguments)
    {
        var start = Start(arguments);
        start.FileName = Link(name);
        return await KistProcess.RunAsync(start, Patience, input, default);
    }

    /// <summary>A link to the program, in a folder of its own.</summary>
    public string Link(string name)
    {
        var link = Path.Combine(Directory.CreateDirectory(Path.Combine(Home, "links")).FullName, name);
        if (!System.IO.File.Exists(link))
            System.IO.File.CreateSymbolicLink(link, BuiltProgram.Path);
        return link;
    }

    /// <summary>Starts <c>kist run</c> and goes on. A shell that runs the tests in the background makes all below them ignore Ctrl-C, which is set back.</summary>
    public KistProcess Begin(params string[] arguments) => BeginBehind([], arguments);

    /// <summary>As <see cref="Begin"/>, in a session of its own, so that whoever runs the tests at a terminal has none there.</summary>
    public KistProcess BeginWithoutTerminal(params string[] arguments) => BeginBehind(["setsid"], arguments);

    /// <summary>Waits until a file is there and has a line, which it gives.</summary>
    public static async Task<string> LineAsync(string path)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            if (System.IO.File.Exists(path) && await System.IO.File.ReadAllTextAsync(path) is var text && text.EndsWith('\n'))
                return text.TrimEnd('\n');
            await Task.Delay(10);
        }
        throw new TimeoutException($"nothing came in {path}");
    }

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException("it did not become so");
            await Task.Delay(10);
        }
    }

    private KistProcess BeginBehind(string[] before, string[] arguments)
    {
        var start = Start(["--default-signal=INT,QUIT", .. before, BuiltProgram.Path, "run", .. arguments]);
        start.FileName = "env";
        return KistProcess.Start(start);
    }

    private ProcessStartInfo Start(string[] arguments)
    {
        var start = BuiltProgram.Start(BuiltProgram.Path, arguments);
        foreach (var (name, value) in Cli.Environment)
            start.Environment[name] = value;
        start.WorkingDirectory = Home;
        return start;
    }
}
