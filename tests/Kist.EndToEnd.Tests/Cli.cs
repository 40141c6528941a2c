using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The command line of one user: a home directory and an environment of its own.</summary>
public sealed class Cli
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string program;

    /// <summary>With the program, or a link to it, a home directory that is made, and the server that it calls.</summary>
    public Cli(string program, string home, Uri address, string? authorityFile)
    {
        this.program = program;
        Home = Directory.CreateDirectory(home).FullName;
        Environment["HOME"] = Home;
        Environment["KIST_ADDR"] = address.AbsoluteUri.TrimEnd('/');
        if (authorityFile is not null)
            Environment["KIST_CACERT"] = authorityFile;
    }

    /// <summary>The user's home directory.</summary>
    public string Home { get; }

    /// <summary>Added to the environment; other variables of the program are taken away.</summary>
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs a command whatever its end.</summary>
    public Task<Ended> TryAsync(string input, params string[] arguments)
    {
        var start = BuiltProgram.Start(program, arguments);
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("KIST_", StringComparison.Ordinal) || k.StartsWith("VAULT_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        start.WorkingDirectory = Home;
        return KistProcess.RunAsync(start, Patience, input, CancellationToken.None);
    }

    /// <summary>Runs a command that must succeed, and gives its standard output without the last line's end.</summary>
    public Task<string> RunAsync(params string[] arguments) => FeedAsync("", arguments);

    /// <summary>Runs a command that must succeed with <paramref name="input"/> on its standard input.</summary>
    public async Task<string> FeedAsync(string input, params string[] arguments)
    {
        var ended = await TryAsync(input, arguments);
        Assert.True(ended.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {ended.ExitCode}:\n{ended.Output}{ended.Errors}");
        return ended.Output.TrimEnd('\n');
    }

    /// <summary>Runs a command that must fail, and gives its standard error.</summary>
    public async Task<string> FailAsync(int exitCode, params string[] arguments)
    {
        var ended = await TryAsync("", arguments);
        Assert.True(ended.ExitCode == exitCode, $"{string.Join(' ', arguments)} ended with {ended.ExitCode}, not {exitCode}:\n{ended.Output}{ended.Errors}");
        Assert.NotEmpty(ended.Errors);
        Assert.DoesNotContain("   at ", ended.Errors);
        return ended.Errors;
    }
}
