using System.Text;

namespace Kist.Commands.Cli;

/// <summary>The real world of this process.</summary>
internal static class ProcessHost
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>The host of this process.</summary>
    /// <param name="variable">Reads a variable.</param>
    /// <param name="leaveSignals">See <see cref="CliHost.LeaveSignals"/>.</param>
    public static CliHost Create(Func<string, string?> variable, Action leaveSignals) => new()
    {
        ProgramName = ProgramName() is var name && (name == CliHost.VaultName || LinkedPrograms.Find(name) is not null) ? name : "kist",
        Variable = variable,
        HomeFolder = variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        Input = Console.OpenStandardInput(),
        Output = Writer(Console.OpenStandardOutput()),
        OutputBytes = Console.OpenStandardOutput(),
        Error = Writer(Console.OpenStandardError()),
        InputIsTerminal = !Console.IsInputRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        AskSecret = AskSecretAsync,
        LeaveSignals = leaveSignals,
    };

    /// <summary>UTF-8 whatever the locale, so that what is piped on is what the server sent.</summary>
    private static StreamWriter Writer(Stream stream) => new(stream, Utf8) { AutoFlush = true, NewLine = "\n" };

    /// <summary>The name we were called by. The runtime resolves links and names its own file, so ask the system first.</summary>
    private static string ProgramName()
    {
        const string CommandLineFile = "/proc/self/cmdline";
        var called = File.Exists(CommandLineFile) ? File.ReadAllText(CommandLineFile).Split('\0')[0] : Environment.GetCommandLineArgs()[0];
        return Path.GetFileNameWithoutExtension(called);
    }

    private static async Task<string> AskSecretAsync(string prompt, CancellationToken cancellation)
    {
        // Asking whether a key waits turns the terminal's echo off: before the prompt, for what is pasted may come with it.
        _ = Console.KeyAvailable;
        await Console.Error.WriteAsync(prompt);
        var typed = new StringBuilder();
        while (true)
        {
            while (!Console.KeyAvailable)
                await Task.Delay(20, cancellation);
            // Ctrl-C throws away what the terminal has, so that the key may be gone by now: then ReadKey waits for another one, and is left to it.
            var key = await Task.Run(static () => Console.ReadKey(intercept: true), CancellationToken.None).WaitAsync(cancellation);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace)
                typed.Length -= Math.Min(1, typed.Length);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        await Console.Error.WriteLineAsync();
        return typed.ToString();
    }
}
